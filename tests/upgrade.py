"""`python -m tests.upgrade`: however a database came to the last migration, its schema is the same; 1 where it isn't.

A new one is made by squashed migrations (`replaces`). One that a former version has begun goes on with those that they
replace, and one that has all of these needs nothing. `DATABASE_URL` names the server, else an embedded one is started.
"""

import difflib
import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import django
import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from config.environment import env
from config.schema_state import pending_migrations
from tests.bench.database import own_database

# Where a former version stood: in the middle of three apps' squashed migrations, before the others' begin.
FORMER = [("customers", "0005_retention"), ("campaigns", "0013_retention"), ("marketing_solutions", "0001_initial")]
# All that our schema consists of, in the order in which it is.
SCHEMA = (
    """
    SELECT relname, relkind, relpersistence, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace
    ORDER BY 1
    """,
    """
    SELECT attrelid::regclass::text, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname,
        format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attcollation::regcollation::text,
        attstorage, attcompression, attstattarget, pg_get_expr(adbin, adrelid)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i' AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2
    """,
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
    """,
    """
    SELECT pg_get_indexdef(indexrelid), indisvalid, indisready, indisreplident FROM pg_index
    JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1
    """,
    "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT sequencename, data_type::text, start_value, increment_by, cycle FROM pg_sequences ORDER BY 1",
    "SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext ORDER BY 1",
    "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT extname FROM pg_extension ORDER BY 1",
)


def main() -> int:
    """Make both, and compare them."""
    server = env.str("DATABASE_URL", "")
    # Not in the project's folder: as root PostgreSQL is another user.
    with (
        tempfile.TemporaryDirectory(prefix="upgrade-", ignore_cleanup_errors=True) as folder,
        own_database(server, Path(folder), "campaigns_upgraded") as upgraded,
        own_database(upgraded, Path(folder), "campaigns_fresh") as fresh,
    ):
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": upgraded, "DATA_DIR": folder}
        django.setup()
        _upgrade()
        # The same connection, another database.
        connection.close()
        connection.settings_dict["NAME"] = "campaigns_fresh"
        call_command("migrate", verbosity=0)
        pending = _pending_for_a_present_database()
        connection.close()
        different = list(difflib.unified_diff(_schema(upgraded), _schema(fresh), "upgraded", "fresh", lineterm="", n=3))
    for line in different:
        sys.stdout.write(f"{line}\n")
    if pending:
        sys.stdout.write(f"a database that has all replaced migrations would be given {pending} more\n")
    return 1 if different or pending else 0


def _upgrade() -> None:
    """As a former version, which knew no squashed migrations; then as this one."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    executor.migrate(FORMER)
    call_command("migrate", verbosity=0)


def _pending_for_a_present_database() -> int:
    """How many migrations are to come where all replaced ones are written down, but none that replaces them."""
    squashed = MigrationLoader(connection).replacements
    with connection.cursor() as cursor:
        for app, name in squashed:
            cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])
    return pending_migrations()


def _schema(address: str) -> list[str]:
    """A line for each thing in it."""
    with closing(psycopg.connect(address)) as session:
        return [f"{row}" for query in SCHEMA for row in session.execute(query)]


if __name__ == "__main__":
    sys.exit(main())
