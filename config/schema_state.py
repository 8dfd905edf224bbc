"""Pending migrations, and applying them one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from customers.advisory_locks import session_lock
from customers.bounds import Work, bounded

# An arbitrary number that all our processes share.
ADVISORY_LOCK = 20_260_101


def pending_migrations() -> int:
    """Count the migrations that are not applied yet."""
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
    """Run the block as the only process that migrates, with the bounds of such work; others wait as long as it takes.

    A process that holds the lock may take it once more: `migrate()` calls the command `migrate`.
    """
    with bounded(Work.SCHEMA), session_lock(ADVISORY_LOCK):
        yield
