"""A database of the bench's own: fresh at the start, gone at the end, on the server that DATABASE_URL names.

Without DATABASE_URL it is made on an embedded server of the bench's own, apart from the developer's data.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

from config.postgresql import embedded

NAME = "campaigns_bench"
# Tables of more than one page.
FILLED = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 8192 ORDER BY relname
"""


@contextmanager
def own_database(server: str, data_directory: Path, name: str = NAME) -> Iterator[str]:
    """Make the database, give its URL, and drop it; `server` is a DATABASE_URL (only its server counts) or empty."""
    directory = data_directory / "postgresql"
    address = urlsplit(server or embedded.url(embedded.start(directory)))._replace(path="/postgres").geturl()
    try:
        _recreate(address, name, keep=True)
        yield urlsplit(address)._replace(path=f"/{name}").geturl()
    finally:
        _recreate(address, name, keep=False)
        if not server:
            embedded.stop(directory)


def settle() -> None:
    """Clean and measure the tables that were filled, which autovacuum would do at a time of its own choice.

    Those that only requests fill are left unknown to the planner, as new tables are: told that they are empty, it would
    read them whole, by plans that are kept while they grow by ten thousand rows a second.
    """
    with connection.cursor() as cursor:
        cursor.execute(FILLED)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(name)))


def _recreate(address: str, database: str, *, keep: bool) -> None:
    name = sql.Identifier(database)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        if keep:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
