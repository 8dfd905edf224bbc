"""What a statement may take, by the kind of work that it is for (docs/decisions/0088).

Who begins a piece of work says of which kind it is: nothing is sent for that. The connection (`config.postgresql`) has
the bounds of the kind that it last worked for, and asks for others before the first statement of another kind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.db import connection


class Work(StrEnum):
    """Kinds of work; STATEMENT_TIMEOUT_SECONDS and LOCK_TIMEOUT_SECONDS have a number for each."""

    # A visitor's page waits for it: the trace dialect, the pages of funnels, /readyz.
    HOT = "hot"
    # Requests of machines: the management and the marketing solutions dialect.
    API = "api"
    # Counting an audience.
    PREVIEW = "preview"
    # Pages: the admin above all.
    ADMIN = "admin"
    # Tasks.
    WORKER = "worker"
    # Migrations, and the making of indexes: they take as long as they take.
    SCHEMA = "schema"
    # `manage.py …`, heartbeats, and whatever else says nothing.
    COMMAND = "command"


def begin(work: Work) -> None:
    """From now on this thread's statements are for `work`; inside of a transaction its bounds stay what they were."""
    database: Any = connection
    database.work = work


@contextmanager
def bounded(work: Work) -> Iterator[None]:
    """Statements of the block are for `work`; those after it for what was before."""
    database: Any = connection
    before = database.work
    begin(work)
    try:
        yield
    finally:
        begin(before)
