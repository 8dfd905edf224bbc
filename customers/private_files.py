"""Folders for what is nobody else's business: customers' data, keys, credentials."""

from pathlib import Path

FOLDER, FILE = 0o750, 0o640


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner to write and its group to read; others none.

    Folders that are there already keep their permissions. OSError where one can't be made.
    """
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(FOLDER, exist_ok=True)
        # Whatever the mask of this process takes away.
        missing.chmod(FOLDER)
    folder.mkdir(exist_ok=True)
