"""Django's PostgreSQL backend with five differences.

Without DATABASE_URL the embedded server is started at the first connection. A kept connection is checked for life by a
look at its socket (microseconds) instead of a `SELECT 1` (a round trip on every request). And times are read by
psycopg's own loader, written in C: Django's is Python and costs ten times as much, on every time of every row. Commits
are counted, for whoever wants to know whether what failed can be done again as a whole. No statement waits for a lock
for ever.
"""

import select
from datetime import UTC
from functools import cache
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from psycopg import adapters
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format, TransactionStatus

from config.postgresql import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection that Django uses as `default`."""

    # How many transactions it has committed that had begun on the server; a statement that is a transaction by itself
    # is none of them.
    commits = 0

    def get_connection_params(self) -> dict[str, Any]:
        """Where to connect; starts the embedded server when it is the one in use."""
        parameters: dict[str, Any] = super().get_connection_params()
        if settings.EMBEDDED_POSTGRESQL:
            parameters |= {"host": embedded.start(settings.EMBEDDED_POSTGRESQL), "user": embedded.USER}
        if self.timezone is UTC:
            parameters["context"] = _with_fast_times(parameters["context"])
        return parameters

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor; Django's own method would look on every cursor whether its loader of times is in place."""
        if self.timezone is not UTC:
            return super().create_cursor(name)
        if name:
            return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)
        return self.connection.cursor()

    def init_connection_state(self) -> None:
        """Also bound how long a statement waits for a lock: what waits longer is answered 503, or tried again."""
        super().init_connection_state()
        milliseconds = int(settings.LOCK_TIMEOUT_SECONDS * 1000)
        self.connection.execute(f"SET lock_timeout = {milliseconds}")

    def _commit(self) -> None:
        begun = self.connection is not None and self.connection.pgconn.transaction_status != TransactionStatus.IDLE
        super()._commit()  # type: ignore[misc]  # Django's own hook
        self.commits += begun

    def is_usable(self) -> bool:
        """Whether the server still holds its end: a closed connection has something to read (its end of file)."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)


@cache
def _with_fast_times(of_django: AdaptersMap) -> AdaptersMap:
    """Django's adapters but with psycopg's loader of times, which gives them in the connection's zone (UTC)."""
    fast = AdaptersMap(of_django)
    loader = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)
    assert loader
    fast.register_loader("timestamptz", loader)
    return fast
