"""Hints to the workers. Work to do is a row; a message only says "look now", so losing one loses nothing."""

from functools import partial

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def look_now(task: str, *ids: int) -> None:
    """Once the transaction stands, tell the workers that `task` has something to do.

    Without a broker between processes nothing is sent: the worker's own sweep finds the row a moment later.
    """
    if settings.REDIS_URL:
        transaction.on_commit(partial(_send, task, ids))


def _send(task: str, ids: tuple[int, ...]) -> None:
    try:
        current_app.send_task(task, args=ids, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("hint_lost", task=task, ids=ids, reason=str(error))
