"""Hints to the workers. Work to do is a row; a message is only a hint to look for it now, so losing one loses nothing.

So a hint expires after `HINT_SECONDS`, it is not sent if more than a few wait already (they mean the same, and a broker
without workers must not fill up), and a broker that has failed is not called for a while (`customers.redis_server`).
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
# Connections to the broker, for all requests of a process.
MOST_CONNECTIONS = 4
# Errors of the broker; any other error is a fault of the hint itself.
BROKER_ERRORS = (OperationalError, redis.RedisError, OSError)

log = structlog.get_logger(__name__)


def enqueue(task: str, *ids: int) -> None:
    """After the commit, hint to the workers that `task` has something to do.

    Without Redis nothing is sent: the worker's own sweep finds the row a moment later.
    """
    if settings.REDIS_URL:
        transaction.on_commit(partial(_send, task, ids))


def hints_waiting(app: Celery, pool: ConnectionPool | None = None) -> int:
    """How many hints wait in the broker; raises its errors."""
    with (pool or app.pool).acquire(block=True) as connection:
        waiting: int = connection.default_channel.queue_declare(app.conf.task_default_queue).message_count
    return waiting


def _send(task: str, ids: tuple[int, ...]) -> None:
    if not circuit().may_ask():
        return
    app = current_app._get_current_object()  # noqa: SLF001 - the proxy differs by thread
    try:
        pool = _pool(app)
        if hints_waiting(app, pool) < MOST_WAITING:
            with pool.acquire(block=True) as connection:  # type: ignore[no-untyped-call]  # kombu has no types
                options = {"retry": False, "ignore_result": True, "expires": settings.HINT_SECONDS}
                app.send_task(task, args=ids, connection=connection, **options)
    except Exception as error:  # noqa: BLE001 - the row is committed, whatever becomes of the hint
        if isinstance(error, BROKER_ERRORS):
            circuit().failed()
        log.warning("hint_lost", task=task, ids=ids, reason=f"{type(error).__name__}: {error}")
    else:
        circuit().worked()


@cache
def _pool(app: Celery) -> ConnectionPool:
    """Connections with short timeouts, because a request waits for them."""
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS, "max_retries": 0}
    pool: ConnectionPool = app.connection_for_write(transport_options=patience).Pool(MOST_CONNECTIONS)
    return pool
