"""A bulkhead between destinations: a slow one holds up only its own messages, not the worker's other work.

A batch that takes long occupies its thread for as long as it takes; another thread stands in and goes on with the
worker's other work. Both are limited in each process: a destination may hold up one batch, an organization
MAX_OF_ORGANIZATION, and destinations that are known to be slow leave a stand-in to others.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import connection, connections

# A batch that takes longer is held up by its destination.
PATIENCE_SECONDS = 2.0
# How many threads may stand in at once, and how many batches of one organization may be held up at once.
MAX_STAND_INS, MAX_OF_ORGANIZATION = 4, 2
IDLE_SECONDS = 1.0

Whose = tuple[int, str]


class DestinationBusyError(Exception):
    """The destination or its organization holds up as many batches as it may; the delivery is tried again soon."""


log = structlog.get_logger(__name__)
_lock = threading.Lock()
_stand_ins = threading.BoundedSemaphore(MAX_STAND_INS)
# When batches that are being sent began (`time.monotonic`), by organization and destination.
_in_hand: dict[Whose, list[float]] = {}
# The destinations whose last batch was held up.
_slow: set[Whose] = set()


def has_capacity(whose: Whose) -> bool:
    """Whether this process may begin another batch for (organization, destination) now."""
    since = time.monotonic() - PATIENCE_SECONDS
    with _lock:
        held_up = [each for each, began in _in_hand.items() if min(began) < since]
    of_organization = sum(each[0] == whose[0] for each in held_up)
    if whose in held_up or of_organization >= MAX_OF_ORGANIZATION:
        return False
    return whose not in _slow or len(held_up) < MAX_STAND_INS


@contextmanager
def occupying(whose: Whose) -> Iterator[None]:
    """Count the block as a batch that is being sent there, and remember afterwards whether it took long."""
    began = time.monotonic()
    with _lock:
        _in_hand.setdefault(whose, []).append(began)
    try:
        yield
    finally:
        with _lock:
            _in_hand[whose].remove(began)
            if not _in_hand[whose]:
                del _in_hand[whose]
            (_slow.add if time.monotonic() - began > PATIENCE_SECONDS else _slow.discard)(whose)


@contextmanager
def with_stand_in(work: Callable[[], bool]) -> Iterator[None]:
    """If the block takes longer than PATIENCE_SECONDS, another thread does `work` repeatedly (whether there was any).

    It stops after the block, when the current call returns. Inside a transaction there is no stand-in: another
    connection doesn't see what is written there.
    """
    if connection.in_atomic_block:
        yield
        return
    over = threading.Event()
    threading.Thread(target=_stand_in, args=[work, over], name="stand-in").start()
    try:
        yield
    finally:
        over.set()


def _stand_in(work: Callable[[], bool], over: threading.Event) -> None:
    if over.wait(PATIENCE_SECONDS) or not _stand_ins.acquire(blocking=False):
        return
    try:
        while not over.is_set():
            if not _step(work):
                over.wait(IDLE_SECONDS)
    finally:
        _stand_ins.release()
        connections.close_all()


def _step(work: Callable[[], bool]) -> bool:
    """One call of `work`; what fails is in the database still, and will be tried again."""
    try:
        return work()
    except Exception:
        log.exception("stand_in_failed")
        connection.close_if_unusable_or_obsolete()
        return False
