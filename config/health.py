"""GET /healthz (the process is up) and GET /readyz (it can do its work), for load balancers and operators.

Requests need only the database. So an unreachable broker is reported but takes no web server out of rotation, and
whether workers and beat are alive is a question of its own: `/readyz?workers`.
"""

import threading

import redis
import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from config.health_paths import ALIVE, ALIVE_TYPE
from config.heartbeats import SILENT_SECONDS, missing_kinds
from config.schema_state import pending_migrations
from customers.redis_server import circuit, client_of

OK, UNKNOWN = "ok", "unknown"
METHODS = ("GET", "HEAD")

log = structlog.get_logger(__name__)
# Set once no migration is pending, which stays true for as long as this process runs this code.
_migrated = threading.Event()


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer constant bytes: a living process is all it takes."""
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    return HttpResponse(ALIVE, content_type=ALIVE_TYPE)


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the database answers and the migrations are applied: 200, or 503 with what is wrong.

    `?workers` also asks whether workers and beat are heard, or nothing is due.
    """
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    database = _database()
    migrations = _migrations() if database == OK else UNKNOWN
    needed = {"database": database, "migrations": migrations}
    if "workers" in request.GET:
        needed["workers"] = _workers() if migrations == OK else UNKNOWN
    ready = all(answer == OK for answer in needed.values())
    body = {"status": OK if ready else "unavailable", "checks": {**needed, "broker": _broker()}}
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> str:
    """Run a statement: a connection whose server has vanished would still look open."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (Error, ImproperlyConfigured):
        connection.close()
        return "unreachable"
    return OK


def _migrations() -> str:
    if _migrated.is_set():
        return OK
    try:
        pending = pending_migrations()
    except Error:
        connection.close()
        return UNKNOWN
    if pending:
        return f"{pending} pending"
    _migrated.set()
    return OK


def _workers() -> str:
    try:
        missing = missing_kinds()
    except Error:
        connection.close()
        return UNKNOWN
    if not missing:
        return OK
    log.error("work_waits", not_heard=missing, seconds=SILENT_SECONDS)
    return f"no {' and no '.join(missing)} heard for {SILENT_SECONDS} s while work is due"


def _broker() -> str:
    """Ping it, unless it has just failed: a hanging broker must not delay the health check."""
    if not settings.REDIS_URL:
        return OK
    if not circuit().may_ask():
        return "unreachable"
    try:
        client_of(settings.REDIS_URL).ping()
    except (redis.RedisError, ValueError):
        circuit().failed()
        return "unreachable"
    circuit().worked()
    return OK
