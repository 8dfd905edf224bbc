"""Heartbeats of workers and beat in the database, and whether work waits for one that is not heard any more.

The database is where work stands, so it is where its absence of workers shows: a broker that answers says nothing about
who listens. This module is imported while Django is still loading, so it asks in SQL.
"""

import threading
from typing import Any

import structlog
from celery.signals import beat_init, worker_ready
from celery.utils.nodenames import host_format
from django.db import Error, connection, connections

from campaigns.schedule.due_work import work_is_due
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

BEAT_SECONDS = 10.0
SILENT_SECONDS = 60
# Containers have a new name each time; old ones are of no interest.
FORGOTTEN_SECONDS = 86_400

NOTE = SQL("note")
SILENT = SQL("silent")

log = structlog.get_logger(__name__)


def leave_heartbeats() -> None:
    """Have every worker and every beat that starts in this process leave heartbeats as long as it lives."""
    worker_ready.connect(_worker_is_ready, weak=False)
    beat_init.connect(_beat_begins, weak=False)


def note_heartbeat(*, kind: str, name: str) -> None:
    """Note that a process was heard now."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {"kind": kind, "name": name[:255], "forgotten": FORGOTTEN_SECONDS})


def missing_kinds() -> list[str]:
    """Which of worker and beat work waits for: none was heard for a minute, while some is due."""
    with connection.cursor() as cursor:
        cursor.execute(SILENT, [SILENT_SECONDS])
        silent = [str(row[0]) for row in cursor.fetchall()]
    return silent if silent and work_is_due() else []


def beat_once(*, kind: str, name: str) -> None:
    """Leave a heartbeat, and say so where the other kind leaves none; a database that is away is tried again."""
    try:
        note_heartbeat(kind=kind, name=name)
        if missing := missing_kinds():
            log.error("work_waits", not_heard=missing, seconds=SILENT_SECONDS)
    except Error as error:
        log.warning("heartbeat_missed", reason=str(error))


def _worker_is_ready(sender: Any, **_: Any) -> None:
    _begin("worker", sender.hostname)


def _beat_begins(sender: Any, **_: Any) -> None:
    _begin("beat", sender.hostname or "beat@%h")


def _begin(kind: str, name: str) -> None:
    """Start its heart, once: a worker is ready again whenever it has found its broker again."""
    thread = f"heart of {kind}"
    if not any(other.name == thread for other in threading.enumerate()):
        threading.Thread(target=_beat, args=[kind, host_format(name)], name=thread, daemon=True).start()


def _beat(kind: str, name: str) -> None:
    pause = threading.Event()
    while True:
        beat_once(kind=kind, name=name)
        # A worker that forks must not hand a connection on.
        connections.close_all()
        pause.wait(BEAT_SECONDS)
