"""PostgreSQL's advisory locks, taken by asking again and again instead of waiting inside one statement.

A statement that waits keeps its snapshot, and `CREATE INDEX CONCURRENTLY` waits for every older snapshot to end; a
lock_timeout would end the wait with an error in the server's log.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

ASKING_SECONDS = 0.1


def poll(attempt: Callable[[], bool], *, patience: float, pause: float) -> bool:
    """Repeat `attempt` until it succeeds; False if it has not after `patience` seconds."""
    until = time.monotonic() + patience
    while not attempt():
        if time.monotonic() >= until:
            return False
        time.sleep(pause)
    return True


@contextmanager
def session_lock(number: int, *, patience: float = math.inf) -> Iterator[bool]:
    """Run the block holding an advisory lock of this session; it yields False if another session kept it too long.

    The lock is re-entrant: a session that holds it may take it once more.
    """
    is_ours = poll(lambda: _try_lock(number), patience=patience, pause=ASKING_SECONDS)
    try:
        yield is_ours
    finally:
        if is_ours:
            _unlock(number)


def _try_lock(number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s::bigint)", [number])
        return bool(cursor.fetchone()[0])


def _unlock(number: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s::bigint)", [number])
    except Error:
        # The session is broken, or its transaction is; its end releases the lock.
        connection.close()
