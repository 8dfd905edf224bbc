"""GET /healthz (the process is up) and GET /readyz (it can do its work), for load balancers and operators."""

import threading

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from config.preflight import ping_broker
from config.schema_state import pending_migrations

OK = "ok"
METHODS = ("GET", "HEAD")
ALIVE = b'{"status":"ok"}'

# Set once nothing is pending: that stays true for as long as this process runs this code.
_migrated = threading.Event()


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer constant bytes: nothing but this process is asked."""
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    return HttpResponse(ALIVE, content_type="application/json")


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the database and the broker answer and the migrations are applied: 200, or 503 with what is wrong."""
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    database = _database()
    migrations = _migrations() if database == OK else "unknown"
    checks = {"database": database, "migrations": migrations, "broker": _broker()}
    ready = all(answer == OK for answer in checks.values())
    body = {"status": OK if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> str:
    """Ask the server itself: a connection whose other end is gone silently would still look alive."""
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
        return "unknown"
    if pending:
        return f"{pending} pending"
    _migrated.set()
    return OK


def _broker() -> str:
    if not settings.REDIS_URL:
        return OK
    try:
        ping_broker()
    except (redis.RedisError, ValueError):
        return "unreachable"
    return OK
