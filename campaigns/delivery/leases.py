"""Leases that are kept alive beside long work, and work that is stopped once nobody wants it any more."""

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

BEAT_SECONDS = 1.0
STOP_SECONDS = 5.0
# The first time at once, for a lost connection is mostly not a lost server; half a minute in all.
PAUSES = (0.0, *(0.25 * 2**step for step in range(7)))

log = structlog.get_logger(__name__)


def lease_seconds() -> int:
    """How long a lease is, unless a heartbeat extends it."""
    return int(settings.LEASE_SECONDS)


def new_lease_token() -> int:
    """A number that no other lease has: who holds it shows it before anything is written."""
    return secrets.randbits(62)


def shared_now() -> datetime:
    """The time by the one clock that all workers share: one whose own clock is wrong begins nothing early or late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def with_reconnect(statement: str, parameters: Mapping[str, Any]) -> int:
    """Write what nobody else knows: where the connection is lost, on a new one, for as long as a server starts.

    Returns how many rows were written. The statement must be harmless the second time. Inside of a transaction, whose
    beginning is lost too, it is not tried again.
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

    The statement extends a lease and gives a row back while the work is still wanted. When it gives none, `is_unwanted`
    becomes true, and (`cancels`) what the block's own connection is doing is cancelled. Short work never sees a beat.
    """

    def __init__(self, statement: str, parameters: Mapping[str, Any], *, cancels: bool = True) -> None:
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
        """A database that is away for a moment says nothing about what is wanted."""
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
