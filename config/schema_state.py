"""Whether the database has the tables that this code expects, and bringing it there."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

# Any number will do, as long as every process of ours takes the same.
ADVISORY_LOCK = 20_260_101


def pending_migrations() -> int:
    """Count the migrations that this code brings and the database hasn't seen."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> int:
    """Apply what is pending, one process at a time (the second finds nothing left); returns how many there were."""
    with connection.cursor() as cursor:
        # Whoever comes second waits as long as it takes, and so does what a migration has to wait for.
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            pending = pending_migrations()
            if pending:
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
            connection.init_connection_state()
    return pending
