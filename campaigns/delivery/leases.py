"""Leases that are renewed during long work, and work that is stopped once its lease is lost."""

import secrets
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from customers.named_sql import Value

BEAT_SECONDS = 1.0
STOP_SECONDS = 5.0
# The first retry is immediate, for a lost connection is mostly not a lost server; half a minute in all.
PAUSES = (0.0, *(0.25 * 2**step for step in range(7)))

log = structlog.get_logger(__name__)


def lease_seconds() -> int:
    """How long a lease lasts unless a heartbeat extends it."""
    return int(settings.LEASE_SECONDS)


def new_lease_token() -> int:
    """A number that no other lease has; statements compare it before they write."""
    return secrets.randbits(62)


def shared_now() -> datetime:
    """The database's time, which all workers share: one whose clock is wrong begins nothing early or late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def with_reconnect(statement: str, parameters: Mapping[str, Value]) -> int:
    """Execute a statement, if the connection is lost again on a new one, for as long as a server needs to restart.

    Returns the number of rows. The statement must be idempotent. Inside a transaction, whose beginning would be lost,
    it is not retried.
    """
    for pause in PAUSES:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return int(cursor.rowcount)
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            log.warning("written_again", reason=str(error))
            connection.close()
            time.sleep(pause)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


class Heartbeat:
    """Runs `statement` on a connection of its own each second until the block ends.

    The statement extends a lease and returns a row while the work is still wanted. When it returns none, `is_unwanted`
    becomes true, and (`cancels`) the running statement of the block's own connection is cancelled.
    """

    def __init__(self, statement: str, parameters: Mapping[str, Value], *, cancels: bool = True) -> None:
        self._statement, self._parameters, self._cancels = statement, parameters, cancels
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self.is_unwanted = False

    def __enter__(self) -> Self:
        connection.ensure_connection()
        self._working: Any = connection.connection
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(BEAT_SECONDS):
                self._ask()
        finally:
            connections.close_all()

    def _ask(self) -> None:
        """Extend the lease; a database that is away for a moment doesn't make the work unwanted."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(self._statement, self._parameters)
                wanted = cursor.fetchone() is not None
        except DatabaseError as error:
            log.warning("lease_not_extended", reason=str(error))
            connections.close_all()
            return
        if not wanted and not self._over.is_set():
            self.is_unwanted = True
            if self._cancels:
                self._cancel()

    def _cancel(self) -> None:
        try:
            self._working.cancel_safe(timeout=STOP_SECONDS)
        except psycopg.Error as error:
            log.warning("cancel_failed", reason=str(error))
