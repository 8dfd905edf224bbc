"""Heartbeats of workers and beat in the database, and whether work waits while none is alive.

They are in the database because that is where work waits; that the broker answers says nothing about its consumers.
This module is imported before Django's models are loaded, so it uses SQL.
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
# Containers get new names all the time; heartbeats of old ones are deleted.
FORGOTTEN_SECONDS = 86_400

RECORD_HEARTBEAT = SQL("record_heartbeat")
FIND_SILENT_KINDS = SQL("find_silent_kinds")

log = structlog.get_logger(__name__)


def leave_heartbeats() -> None:
    """Make every worker and beat that starts in this process send heartbeats as long as it lives."""
    worker_ready.connect(_worker_is_ready, weak=False)
    beat_init.connect(_beat_begins, weak=False)


def note_heartbeat(*, kind: str, name: str) -> None:
    """Record that a process is alive now."""
    with connection.cursor() as cursor:
        cursor.execute(RECORD_HEARTBEAT, {"kind": kind, "name": name[:255], "forgotten": FORGOTTEN_SECONDS})


def missing_kinds() -> list[str]:
    """Which of worker and beat is missing: none was heard for a minute while work is due."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_SILENT_KINDS, [SILENT_SECONDS])
        silent = [str(row[0]) for row in cursor.fetchall()]
    return silent if silent and work_is_due() else []


def beat_once(*, kind: str, name: str) -> None:
    """Send a heartbeat, and log it if the other kind sends none; an error of the database is only logged."""
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
    """Start the thread, once: a worker becomes ready again whenever it reconnects to its broker."""
    thread = f"heartbeat of {kind}"
    if not any(other.name == thread for other in threading.enumerate()):
        threading.Thread(target=_beat, args=[kind, host_format(name)], name=thread, daemon=True).start()


def _beat(kind: str, name: str) -> None:
    pause = threading.Event()
    while True:
        beat_once(kind=kind, name=name)
        # A worker that forks must not share a connection with its child.
        connections.close_all()
        pause.wait(BEAT_SECONDS)
