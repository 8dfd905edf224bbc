"""Hints to the workers. Work to do is a row; a message only says "look now", so losing one loses nothing.

Hence a hint costs nothing but itself: it ends after `HINT_SECONDS`, it is not sent where more than a few wait already
(they say the same, and a broker without workers must not fill), and a broker that has failed is left alone for a while
(`customers.redis_server`).
"""

from functools import cache, partial

import redis
import structlog
from celery import Celery, current_app
from django.conf import settings
from django.db import transaction
from kombu.connection import ConnectionPool
from kombu.exceptions import OperationalError

from customers.redis_server import PATIENCE_SECONDS, circuit

MOST_WAITING = 10
# Connections that requests send hints by, for all of a process.
MOST_CONNECTIONS = 4
# What says that the broker is away, or not itself; anything else is the hint's own fault.
BROKER_ERRORS = (OperationalError, redis.RedisError, OSError)

log = structlog.get_logger(__name__)


def enqueue(task: str, *ids: int) -> None:
    """Once the transaction stands, tell the workers that `task` has something to do.

    Without a broker between processes nothing is sent: the worker's own sweep finds the row a moment later.
    """
    if settings.REDIS_URL:
        transaction.on_commit(partial(_send, task, ids))


def hints_waiting(app: Celery, pool: ConnectionPool | None = None) -> int:
    """How many hints no worker has taken yet; raises whatever a broker that is away raises."""
    with (pool or app.pool).acquire(block=True) as connection:
        waiting: int = connection.default_channel.queue_declare(app.conf.task_default_queue).message_count
    return waiting


def _send(task: str, ids: tuple[int, ...]) -> None:
    if not circuit().may_ask():
        return
    app = current_app._get_current_object()  # noqa: SLF001 - the proxy is another one for each thread
    try:
        pool = _pool(app)
        if hints_waiting(app, pool) < MOST_WAITING:
            with pool.acquire(block=True) as connection:  # type: ignore[no-untyped-call]
                options = {"retry": False, "ignore_result": True, "expires": settings.HINT_SECONDS}
                app.send_task(task, args=ids, connection=connection, **options)
    except Exception as error:  # noqa: BLE001 - what the row was written for has succeeded, whatever ails the hint
        if isinstance(error, BROKER_ERRORS):
            circuit().failed()
        log.warning("hint_lost", task=task, ids=ids, reason=f"{type(error).__name__}: {error}")
    else:
        circuit().worked()


@cache
def _pool(app: Celery) -> ConnectionPool:
    """Connections with less patience than workers have: somebody waits for an answer."""
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS, "max_retries": 0}
    pool: ConnectionPool = app.connection_for_write(transport_options=patience).Pool(MOST_CONNECTIONS)
    return pool
