"""Django's PostgreSQL backend with five differences.

Without DATABASE_URL the embedded server is started at the first connection. A kept connection is checked for life by a
look at its socket (microseconds) instead of a `SELECT 1` (a round trip on every request). And times are read by
psycopg's own loader, written in C: Django's is Python and costs ten times as much, on every time of every row. Commits
are counted, for whoever wants to know whether what failed can be done again as a whole. And statements have bounds, by
the kind of work that they are for (`customers.bounds`).
"""

import select
from datetime import UTC
from functools import cache
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg import adapters
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format, TransactionStatus

from config.postgresql import embedded

# How long the server may take to hear of a cancelled statement.
CANCEL_SECONDS = 5.0


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection that Django uses as `default`."""

    # How many transactions it has committed that had begun on the server; a statement that is a transaction by itself
    # is none of them.
    commits = 0
    # What its statements are for, and what the bounds of its session are for.
    work: str = "command"
    _bounded_for: str = ""
    # Whether nobody waits any more for what it is used for.
    is_abandoned = False

    def get_connection_params(self) -> dict[str, Any]:
        """Where to connect; starts the embedded server when it is the one in use."""
        parameters: dict[str, Any] = super().get_connection_params()
        # `init_connection_state` sees to it, once a statement can be sent that begins no transaction.
        self._bounded_for = self.work
        if settings.EMBEDDED_POSTGRESQL:
            parameters |= {"host": embedded.start(settings.EMBEDDED_POSTGRESQL), "user": embedded.USER}
        if self.timezone is UTC:
            parameters["context"] = _with_fast_times(parameters["context"])
        return parameters

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor; Django's own method would look on every cursor whether its loader of times is in place."""
        self.make_ready()
        if self.timezone is not UTC:
            return super().create_cursor(name)
        if name:
            return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)
        return self.connection.cursor()

    def init_connection_state(self) -> None:
        """Also bound what a statement may take: what takes longer is answered 503, or tried again."""
        super().init_connection_state()
        self._bound()

    def set_autocommit(self, autocommit: bool, *arguments: Any, **options: Any) -> None:  # noqa: FBT001 - Django's own
        """A transaction has the bounds that it begins with."""
        if not autocommit:
            self.close_if_health_check_failed()
            self.ensure_connection()
            self.make_ready()
        super().set_autocommit(autocommit, *arguments, **options)

    def make_ready(self) -> None:
        """Called before each statement, and before a transaction: see to the bounds of the work at hand.

        OperationalError where nobody waits for it any more.
        """
        if self.is_abandoned:
            raise OperationalError("nobody waits any more for what this statement is a part of")
        if self.work != self._bounded_for and self.autocommit:
            with self.wrap_database_errors:
                self._bound()

    def abandon(self) -> None:
        """Cancel the statement that runs, and begin no other until `is_abandoned` is set back; for another thread."""
        self.is_abandoned = True
        session = self.connection
        if session is not None:
            session.cancel_safe(timeout=CANCEL_SECONDS)

    def _bound(self) -> None:
        """One round trip, where another kind of work begins; a number of the settings can't be anything but one."""
        of_statement = int(settings.STATEMENT_TIMEOUT_SECONDS[self.work] * 1000)
        of_lock = int(settings.LOCK_TIMEOUT_SECONDS[self.work] * 1000)
        # Two statements are one message only where they are not prepared.
        self.connection.execute(f"SET statement_timeout = {of_statement}; SET lock_timeout = {of_lock}", prepare=False)
        self._bounded_for = self.work

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
