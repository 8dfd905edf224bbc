"""Whether the database has the tables that this code expects, and bringing it there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from customers.bounds import Work, bounded

# Any number will do, as long as every process of ours takes the same.
ADVISORY_LOCK = 20_260_101
ASKING_SECONDS = 0.1


def pending_migrations() -> int:
    """Count the migrations that this code brings and the database hasn't seen."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> int:
    """Apply what is pending, one process at a time (the second finds nothing left); returns how many there were."""
    with alone_with_the_schema():
        pending = pending_migrations()
        if pending:
            call_command("migrate", verbosity=0, interactive=False)
    return pending


@contextmanager
def alone_with_the_schema() -> Iterator[None]:
    """Be the only one who migrates, with the bounds of such work; whoever comes second waits as long as it takes.

    It is asked for again and again: who waited in one statement would keep a snapshot, and for the end of that an
    index waits that a migration makes beside the traffic. Who has it already may have it once more.
    """
    with bounded(Work.SCHEMA), connection.cursor() as cursor:
        while not _try_lock(cursor):
            time.sleep(ASKING_SECONDS)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s::bigint)", [ADVISORY_LOCK])


def _try_lock(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s::bigint)", [ADVISORY_LOCK])
    return bool(cursor.fetchone()[0])
