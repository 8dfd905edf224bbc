"""Timeouts of statements and locks, by the kind of work (docs/decisions/0088).

Whoever begins a piece of work declares its kind, which sends nothing. The connection (`config.postgresql`) has the
timeouts of its last kind of work, and sets others before the first statement of another kind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.db import connection


class Work(StrEnum):
    """Kinds of work; STATEMENT_TIMEOUT_SECONDS and LOCK_TIMEOUT_SECONDS have a number for each."""

    # A visitor's page waits for it: the trace dialect, the pages of funnels, the readiness check.
    HOT = "hot"
    # Requests of servers: the management and the marketing solutions dialect.
    API = "api"
    # Counting an audience.
    PREVIEW = "preview"
    # Pages: the admin above all.
    ADMIN = "admin"
    # Tasks.
    WORKER = "worker"
    # Migrations and the creation of indexes, without timeouts.
    SCHEMA = "schema"
    # `manage.py …`, heartbeats, and whatever declares nothing.
    COMMAND = "command"


def begin(work: Work) -> None:
    """From now on this thread's statements are for `work`; a transaction keeps the timeouts it began with."""
    database: Any = connection
    database.work = work


@contextmanager
def bounded(work: Work) -> Iterator[None]:
    """Statements of the block are for `work`; then the former kind applies again."""
    database: Any = connection
    before = database.work
    begin(work)
    try:
        yield
    finally:
        begin(before)
