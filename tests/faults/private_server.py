"""A PostgreSQL of a test's own, which may be stopped, started again and filled up."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from config.postgresql import embedded
from config.schema_state import migrate

SETTINGS = ("HOST", "PORT", "USER", "PASSWORD", "NAME")
# All it has for connections, three of them for superusers (as whom everybody comes here).
MOST_CONNECTIONS = 12


class PrivateServer:
    """The server over a folder of its own, and this thread's connection to it."""

    def __init__(self, folder: Path) -> None:
        self._directory = folder / "postgresql"
        self.host = embedded.start(self._directory)
        with self.beside() as other:
            # Locks for so few objects that a test can take them all.
            other.execute(f"ALTER SYSTEM SET max_connections = {MOST_CONNECTIONS}")
            other.execute("ALTER SYSTEM SET fsync = off")
            other.execute("ALTER SYSTEM SET max_locks_per_transaction = 64")
        self.stop()
        self.start()

    def stop(self) -> None:
        """Stop it, as an operator does who starts it anew: who is connected is disconnected."""
        embedded.stop(self._directory)

    def start(self) -> None:
        """Start it again, where it was."""
        assert embedded.start(self._directory) == self.host

    def beside(self) -> "psycopg.Connection[Any]":
        """A connection that is none of the product's."""
        return psycopg.connect(host=self.host, user=embedded.USER, dbname=embedded.DATABASE, autocommit=True)


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """Have the product use a server of its own as long as the block lasts; its database is empty, but migrated."""
    # Not pytest's own folder: every run of pytest takes it back from other users, and as root PostgreSQL is one.
    with tempfile.TemporaryDirectory(prefix="away-", ignore_cleanup_errors=True) as folder:
        server = PrivateServer(Path(folder))
        values: dict[str, Any] = connection.settings_dict
        before, of_its_own = {name: values[name] for name in SETTINGS}, settings.EMBEDDED_POSTGRESQL
        connection.close()
        values.update(HOST=server.host, PORT="", USER=embedded.USER, PASSWORD="", NAME=embedded.DATABASE)
        settings.EMBEDDED_POSTGRESQL = None
        try:
            migrate()
            yield server
        finally:
            connection.close()
            values.update(before)
            settings.EMBEDDED_POSTGRESQL = of_its_own
            server.stop()
