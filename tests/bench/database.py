"""A database of the bench's own: fresh at the start, gone at the end, on the server that DATABASE_URL names.

Without DATABASE_URL it is made on an embedded server of the bench's own, apart from the developer's data.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config.postgresql import embedded

NAME = "campaigns_bench"


@contextmanager
def own_database(server: str, data_directory: Path) -> Iterator[str]:
    """Make the database, give its URL, and drop it; `server` is a DATABASE_URL or empty."""
    directory = data_directory / "postgresql"
    address = server or embedded.url(embedded.start(directory))
    try:
        _recreate(address, keep=True)
        yield urlsplit(address)._replace(path=f"/{NAME}").geturl()
    finally:
        _recreate(address, keep=False)
        if not server:
            embedded.stop(directory)


def _recreate(address: str, *, keep: bool) -> None:
    name = sql.Identifier(NAME)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        if keep:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
