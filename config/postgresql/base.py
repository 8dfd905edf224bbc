"""Django's PostgreSQL backend with five differences.

1. Without DATABASE_URL the embedded server is started at the first connection.
2. A persistent connection is checked by polling its socket (microseconds) instead of a `SELECT 1` (a round trip).
3. Times are read by psycopg's own loader in C; Django's is in Python and takes ten times as long.
4. Commits are counted, so that callers know whether failed work can be repeated as a whole.
5. Statements have timeouts by their kind of work (`customers.bounds`).
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

# The timeout of sending a cancellation to the server.
CANCEL_SECONDS = 5.0


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection that Django uses as `default`."""

    # How many transactions it has committed that had begun on the server; statements in autocommit don't count.
    commits = 0
    # The kind of work of its statements, and the kind whose timeouts its session has.
    work: str = "command"
    _bounded_for: str = ""
    # Whether the request that uses it has been abandoned by its client.
    is_abandoned = False

    def get_connection_params(self) -> dict[str, Any]:
        """The connection's parameters; starts the embedded server if it is in use."""
        parameters: dict[str, Any] = super().get_connection_params()
        # `init_connection_state` sets the timeouts, once a statement can be sent outside of a transaction.
        self._bounded_for = self.work
        if settings.EMBEDDED_POSTGRESQL:
            parameters |= {"host": embedded.start(settings.EMBEDDED_POSTGRESQL), "user": embedded.USER}
        if self.timezone is UTC:
            parameters["context"] = _with_fast_times(parameters["context"])
        return parameters

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor; Django's own method would register its loader of times on every cursor."""
        self.make_ready()
        if self.timezone is not UTC:
            return super().create_cursor(name)
        if name:
            return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)
        return self.connection.cursor()

    def init_connection_state(self) -> None:
        """Also set the timeouts."""
        super().init_connection_state()
        self._set_timeouts()

    def set_autocommit(self, autocommit: bool, *arguments: Any, **options: Any) -> None:  # noqa: FBT001 - Django's own
        """Set the timeouts before a transaction, which keeps those it begins with."""
        if not autocommit:
            self.close_if_health_check_failed()
            self.ensure_connection()
            self.make_ready()
        super().set_autocommit(autocommit, *arguments, **options)

    def make_ready(self) -> None:
        """Set the timeouts of the current kind of work; called before each statement and each transaction.

        OperationalError if the request has been abandoned.
        """
        if self.is_abandoned:
            raise OperationalError("nobody waits any more for what this statement is a part of")
        if self.work != self._bounded_for and self.autocommit:
            with self.wrap_database_errors:
                self._set_timeouts()

    def abandon(self) -> None:
        """Cancel the running statement, and refuse others until `is_abandoned` is reset; called from another thread."""
        self.is_abandoned = True
        session = self.connection
        if session is not None:
            session.cancel_safe(timeout=CANCEL_SECONDS)

    def _set_timeouts(self) -> None:
        """Set both timeouts in one round trip; they are numbers, so they can be put into the statement."""
        of_statement = int(settings.STATEMENT_TIMEOUT_SECONDS[self.work] * 1000)
        of_lock = int(settings.LOCK_TIMEOUT_SECONDS[self.work] * 1000)
        # Only unprepared statements can be sent two at a time.
        self.connection.execute(f"SET statement_timeout = {of_statement}; SET lock_timeout = {of_lock}", prepare=False)
        self._bounded_for = self.work

    def _commit(self) -> None:
        begun = self.connection is not None and self.connection.pgconn.transaction_status != TransactionStatus.IDLE
        super()._commit()  # type: ignore[misc]  # Django's own hook
        self.commits += begun

    def is_usable(self) -> bool:
        """Whether the connection is open: a closed one has something to read (the end of file)."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)


@cache
def _with_fast_times(of_django: AdaptersMap) -> AdaptersMap:
    """Django's adapters with psycopg's loader of times, which returns them in the connection's zone (UTC)."""
    fast = AdaptersMap(of_django)
    loader = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)
    assert loader
    fast.register_loader("timestamptz", loader)
    return fast
