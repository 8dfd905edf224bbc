"""Hints to the workers. Work to do is a row; a message only says "look now", so losing one loses nothing.

Hence a hint costs nothing but itself: it ends after `HINT_SECONDS`, it is not sent where more than a few wait already
(they say the same, and a broker without workers must not fill), and a broker that is away is left alone for a while.
"""

import time
from functools import partial

import structlog
from celery import Celery, current_app
from django.conf import settings
from django.db import transaction

MOST_WAITING = 10
# After a failure: who waits for an answer must not wait for a broker again and again.
QUIET_SECONDS = 30.0

log = structlog.get_logger(__name__)


class Broker:
    """What this process has seen of the broker."""

    quiet_until = 0.0


def look_now(task: str, *ids: int) -> None:
    """Once the transaction stands, tell the workers that `task` has something to do.

    Without a broker between processes nothing is sent: the worker's own sweep finds the row a moment later.
    """
    if settings.REDIS_URL:
        transaction.on_commit(partial(_send, task, ids))


def hints_waiting(app: Celery) -> int:
    """How many hints no worker has taken yet; raises whatever a broker that is away raises."""
    with app.pool.acquire(block=True) as connection:
        waiting: int = connection.default_channel.queue_declare(app.conf.task_default_queue).message_count
    return waiting


def _send(task: str, ids: tuple[int, ...]) -> None:
    if time.monotonic() < Broker.quiet_until:
        return
    try:
        if hints_waiting(current_app) < MOST_WAITING:
            current_app.send_task(task, args=ids, retry=False, ignore_result=True, expires=settings.HINT_SECONDS)
    except Exception as error:  # noqa: BLE001 - what the row was written for has succeeded, whatever ails the broker
        Broker.quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("hint_lost", task=task, ids=ids, reason=f"{type(error).__name__}: {error}")
