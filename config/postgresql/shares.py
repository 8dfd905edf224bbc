"""Who still needs the embedded server: file locks, which the kernel takes back however a process dies.

A list of process ids (the wheel's own way) goes wrong after `kill -9` or a reboot: a dead id stays in it, or belongs to
another program by then, and the server is never stopped or stopped too early. A lock can't be left behind.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file `path` alone; another process waits. Held while the server is started or stopped."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Share:
    """One process's share in the server over a data directory, from the start until `give_back` or its death."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = os.getpid()
        self._descriptor = _open(path)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def give_back(self) -> bool:
        """Let go; true when this was the last share. Call it within `one_at_a_time`.

        A forked child has its parent's share, not one of its own, so it never is the last.
        """
        if os.getpid() != self._process:
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(self._descriptor)
        return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
