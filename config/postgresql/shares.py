"""Who still needs the embedded server: file locks, which the kernel takes back however a process dies.

A list of process ids (the wheel's own way) goes wrong after `kill -9` or a reboot: a dead id stays in it, or belongs to
another program by then, and the server is never stopped or stopped too early. A lock can't be left behind.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def beside(directory: Path, ending: str) -> Path:
    """The file beside the server's folder that is locked for one purpose."""
    return directory.with_name(f"{directory.name}.{ending}")


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file `path` alone; another process waits. Held while the server is started or stopped."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def taken(path: Path) -> Iterator[int | None]:
    """Take the lock file `path` alone without waiting: its descriptor, or None where another process has it.

    A process that inherits the descriptor has the lock too, and keeps it afterwards.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError:
        yield None
    finally:
        os.close(descriptor)


def is_free(path: Path) -> bool:
    """Whether no process has the lock file `path`, alone or as a share."""
    with taken(path) as descriptor:
        return descriptor is not None


class Share:
    """One process's share in the server over a data directory, from the start until `give_back` or its death.

    A forked child has its parent's share too: it lasts until both have ended. Take it and give it back within
    `one_at_a_time`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = _open(path)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def give_back(self) -> bool:
        """Let go; true when this was the last share."""
        os.close(self._descriptor)
        return is_free(self._path)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
