"""Folders for private data: customers' data, keys, credentials."""

from pathlib import Path

FOLDER, FILE = 0o750, 0o640


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents: writable by its owner, readable by its group, closed to others.

    Existing folders keep their permissions. OSError if one can't be created.
    """
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(FOLDER, exist_ok=True)
        # Despite the process's umask.
        missing.chmod(FOLDER)
    folder.mkdir(exist_ok=True)
