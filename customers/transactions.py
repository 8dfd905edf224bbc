"""Transient errors of the database: transactions that PostgreSQL rolls back are repeated, an outage is answered 503.

The base view of each dialect, the pages and the tasks call `repeated`. The functions they call never do, for they may
run inside a caller's transaction (docs/decisions/0070). Contract 5, section A "overload, database away".
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import psycopg
import structlog
from django.db import Error, InterfaceError, OperationalError, connection

Result = TypeVar("Result")
REPEATS = 3
# The longest pause before the first repetition. It doubles each time and is shortened at random, so that two
# transactions don't meet again at once.
PAUSE_SECONDS = 0.02
# The Retry-After of an answer 503: PostgreSQL restarts in about that time.
RETRY_AFTER_SECONDS = 5
UNDONE = frozenset({"40001", "40P01"})
# Connection lost or refused, transaction undone, resources used up, operator intervention, system error.
UNAVAILABLE_CLASSES = frozenset({"08", "40", "53", "57", "58"})
# A lock timeout; a read-only server (a standby that takes over); sessions that timed out; an index of a former version
# that can't hold a long text and is being replaced.
UNAVAILABLE = frozenset({"55P03", "25006", "25P03", "25P04", "54000"})

log = structlog.get_logger(__name__)


def was_undone(error: BaseException) -> bool:
    """Whether PostgreSQL rolled the transaction back because of concurrency: a deadlock or serialization failure."""
    return _sqlstate(error) in UNDONE


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database can't be reached, is overloaded or timed out: the same request may succeed a moment
    later.
    """
    if not isinstance(error, Error | psycopg.Error):
        return False
    state = _sqlstate(error)
    if state is None:
        # No SQLSTATE: the server couldn't be reached, closed the connection, or the pool was empty.
        unreachable = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
        return isinstance(error, unreachable)
    return state[:2] in UNAVAILABLE_CLASSES or state in UNAVAILABLE


def log_unavailable(error: BaseException | None, path: str) -> None:
    """Log it in one line, and close the connection if it is broken, so that the next request gets a new one."""
    log.warning("database_unavailable", path=path, sqlstate=_sqlstate(error), reason=str(error).strip())
    connection.close_if_unusable_or_obsolete()


def repeated(work: Callable[[], Result], *, whole: bool = False) -> Result:
    """Do the work; if PostgreSQL rolls it back because of concurrency, repeat it up to three times.

    The work is a whole request or task, not a part of a transaction. If it has already committed something it is not
    repeated, or that would be done twice, unless it is idempotent as a `whole`.
    """
    database: Any = connection
    for repetition in range(1, REPEATS + 1):
        before = database.commits
        try:
            return work()
        except Error as error:
            if not was_undone(error) or database.in_atomic_block or (database.commits != before and not whole):
                raise
            log.warning("transaction_repeated", repetition=repetition, sqlstate=_sqlstate(error))
        time.sleep(random.uniform(0, PAUSE_SECONDS * 2**repetition))
    return work()


def repeating(work: Callable[..., Result]) -> Callable[..., Result]:
    """A function that does the same work, `repeated`."""

    def work_repeated(*args: object, **kwargs: object) -> Result:
        return repeated(partial(work, *args, **kwargs))

    return work_repeated


def repeat_method(view: Any, method: str | None) -> None:
    """Wrap a view's handler of an HTTP method in `repeating`; the rest of the view is not repeated."""
    name = (method or "").lower()
    if name in view.http_method_names and hasattr(view, name):
        setattr(view, name, repeating(getattr(view, name)))


@contextmanager
def idempotent() -> Iterator[None]:
    """The block is idempotent: its commits don't keep the work from being repeated."""
    database: Any = connection
    before = database.commits
    yield
    database.commits = before


def _sqlstate(error: BaseException | None) -> str | None:
    """The server's error code, from the error or its cause; None if the server sent none."""
    state: str | None = getattr(error, "sqlstate", None) or getattr(getattr(error, "__cause__", None), "sqlstate", None)
    return state
