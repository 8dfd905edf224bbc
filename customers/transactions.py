"""Faults of the database that are nobody's mistake: what PostgreSQL undoes is done again, what is away comes back.

The base view of each dialect, the pages and the tasks call `repeated`; a service never does, for it may be a part of
somebody else's transaction (docs/decisions/0070). Contract 5, section A "overload, database away".
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
# The longest pause before the first repetition; it doubles with each, and chance shortens it, so that two do not meet
# again at once.
PAUSE_SECONDS = 0.02
# What an answer 503 tells callers to wait: PostgreSQL is started again in about that time.
RETRY_AFTER_SECONDS = 5
UNDONE = frozenset({"40001", "40P01"})
# Connection lost or refused, transaction undone, resources used up, operator intervention, system error.
UNAVAILABLE_CLASSES = frozenset({"08", "40", "53", "57", "58"})
# A lock that was waited for too long; a server that only reads (a standby that takes over); sessions that timed out; an
# index of a former version, which holds no long text and is just being replaced.
UNAVAILABLE = frozenset({"55P03", "25006", "25P03", "25P04", "54000"})

log = structlog.get_logger(__name__)


def was_undone(error: BaseException) -> bool:
    """Whether PostgreSQL has rolled the transaction back for no fault of it: a deadlock, a serialization failure."""
    return _sqlstate(error) in UNDONE


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database is away, overloaded or gave up on us: the same request may succeed a moment later."""
    if not isinstance(error, Error | psycopg.Error):
        return False
    state = _sqlstate(error)
    if state is None:
        # No server has spoken: it couldn't be reached, has hung up, or a pool had no connection to give.
        unreachable = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
        return isinstance(error, unreachable)
    return state[:2] in UNAVAILABLE_CLASSES or state in UNAVAILABLE


def tell_unavailable(error: BaseException | None, path: str) -> None:
    """Say so in the log, in one line, and let go of a connection that is broken: the next request gets another."""
    log.warning("database_unavailable", path=path, sqlstate=_sqlstate(error), reason=str(error).strip())
    connection.close_if_unusable_or_obsolete()


def repeated(work: Callable[[], Result], *, whole: bool = False) -> Result:
    """Do the work; where PostgreSQL undoes it, up to three times more.

    The work is a request or task from its beginning, not a part of somebody's transaction. Where it has committed
    something before it is not repeated, or that would be done twice, unless it may be done twice as a `whole`.
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
        time.sleep(random.uniform(0, PAUSE_SECONDS * 2**repetition))  # noqa: S311 - no secret
    return work()


def repeating(work: Callable[..., Result]) -> Callable[..., Result]:
    """The same work, but `repeated`."""

    def work_repeated(*args: Any, **kwargs: Any) -> Result:
        return repeated(partial(work, *args, **kwargs))

    return work_repeated


def repeat_method(view: Any, method: str | None) -> None:
    """Make what a view does for this kind of request `repeated`, while what it does before stays as it is."""
    name = (method or "").lower()
    if name in view.http_method_names and hasattr(view, name):
        setattr(view, name, repeating(getattr(view, name)))


@contextmanager
def harmless_twice() -> Iterator[None]:
    """What is committed in the block may be committed again: who is repeated may begin with it anew."""
    database: Any = connection
    before = database.commits
    yield
    database.commits = before


def _sqlstate(error: BaseException | None) -> str | None:
    """The code that the server gave, which Django keeps in the cause of its own error; None where none spoke."""
    state: str | None = getattr(error, "sqlstate", None) or getattr(getattr(error, "__cause__", None), "sqlstate", None)
    return state
