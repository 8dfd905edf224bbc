"""Which processes need the embedded server, as file locks, which the kernel releases however a process dies.

A list of process ids (the wheel's own way) is wrong after `kill -9` or a reboot: a stale id stays in it, or belongs to
another program, and the server is stopped never or too early.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def beside(directory: Path, ending: str) -> Path:
    """The lock file for one purpose, beside the server's folder."""
    return directory.with_name(f"{directory.name}.{ending}")


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Run the block with the exclusive lock of the file `path`; used while the server is started or stopped."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def taken(path: Path) -> Iterator[int | None]:
    """Try to take the exclusive lock of the file `path`: its descriptor, or None if another process has a lock.

    A process that inherits the descriptor shares the lock and keeps it afterwards.
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
    """Whether no process has a lock of the file `path`."""
    with taken(path) as descriptor:
        return descriptor is not None


class Share:
    """One process's share in the server of a data directory, until `give_back` or the process's end.

    A forked child holds its parent's share too, so it lasts until both have ended. Take and release it within
    `one_at_a_time`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = _open(path)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def give_back(self) -> bool:
        """Release it; whether it was the last share."""
        os.close(self._descriptor)
        return is_free(self._path)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
