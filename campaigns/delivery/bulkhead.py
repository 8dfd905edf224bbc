"""Destinations that keep a worker waiting: what they may hold up, and who does the worker's other work meanwhile.

A batch that is handed over quickly costs nothing here. One that is not has its thread for as long as it takes; another
thread stands in for it, so that nobody waits for somebody else's destination. Both are bounded, for each process: a
destination may hold up one batch, an organization some, and those that are known to be slow leave a thread to others.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import connection, connections

# After so long a batch is no longer in somebody's turn, but held up.
PATIENCE_SECONDS = 2.0
# How many threads may stand in at once, and how many batches of one organization may be held up.
MAX_STAND_INS, MAX_OF_ORGANIZATION = 4, 2
IDLE_SECONDS = 1.0

Whose = tuple[int, str]


class DestinationBusyError(Exception):
    """The destination, or its organization, keeps as many waiting as it may: it is asked again a moment later."""


log = structlog.get_logger(__name__)
_lock = threading.Lock()
_stand_ins = threading.BoundedSemaphore(MAX_STAND_INS)
# By organization and destination: since when batches are in hand, by the clock of `time.monotonic`.
_in_hand: dict[Whose, list[float]] = {}
# Whose last batch was held up.
_slow: set[Whose] = set()


def has_capacity(whose: Whose) -> bool:
    """Whether another batch may be begun for (organization, destination) by this process now."""
    since = time.monotonic() - PATIENCE_SECONDS
    with _lock:
        held_up = [each for each, began in _in_hand.items() if min(began) < since]
    of_organization = sum(each[0] == whose[0] for each in held_up)
    if whose in held_up or of_organization >= MAX_OF_ORGANIZATION:
        return False
    return whose not in _slow or len(held_up) < MAX_STAND_INS


@contextmanager
def occupying(whose: Whose) -> Iterator[None]:
    """Remember for the block that something is handed over there, and afterwards whether it took long."""
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
    """Once the block takes longer than PATIENCE_SECONDS, have another thread do `work` (a step; whether there was one).

    That ends with the block, or with the step that is done then. Inside of a transaction nobody stands in: what is
    written there no other connection sees.
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
    """A step that fails is somebody's next one: what is to be done stands in the database."""
    try:
        return work()
    except Exception:
        log.exception("stand_in_failed")
        connection.close_if_unusable_or_obsolete()
        return False
