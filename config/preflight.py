"""What `manage.py serve` checks before it starts anything; each problem is one sentence (ImproperlyConfigured)."""

import socket
import tempfile
import time

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.utils import Error, NotSupportedError

from customers.private_files import make_private_folder
from customers.redis_server import client_of

OLDEST_POSTGRESQL = 15
BROKER_PATIENCE_SECONDS = 2.0
# A server that was just killed may hold its port for a moment.
PORT_PATIENCE_SECONDS = 2.0


def require_writable_data_directory() -> None:
    """Write and remove a file, because permissions don't tell everything (root, read-only disks, a file in the way)."""
    try:
        make_private_folder(settings.DATA_DIR)
        with tempfile.TemporaryFile(dir=settings.DATA_DIR):
            pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"the data directory {settings.DATA_DIR} can't be written: {error.strerror} (set DATA_DIR)"
        ) from error


def require_free_port() -> tuple[str, int]:
    """Bind HOST and PORT once, and return the address as the web server understands it (no names)."""
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.HOST, settings.PORT, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ImproperlyConfigured(f"HOST {settings.HOST} isn't known on this machine: {error.strerror}") from error
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while problem := _problem_of_binding(family, address):
        if time.monotonic() > deadline:
            raise ImproperlyConfigured(
                f"port {settings.PORT} on {settings.HOST} can't be used: {problem} (set PORT)"
            ) from None
        time.sleep(0.1)
    return str(address[0]), settings.PORT


def require_database() -> None:
    """Connect; without DATABASE_URL this starts the embedded server."""
    try:
        connection.ensure_connection()
    except NotSupportedError as error:
        raise ImproperlyConfigured(str(error)) from error
    except Error as error:
        reason = " ".join(str(error).split())
        raise ImproperlyConfigured(f"the database can't be reached: {reason} (see DATABASE_URL)") from error
    version = connection.pg_version // 10000  # type: ignore[attr-defined]  # PostgreSQL's connection has it
    if version < OLDEST_POSTGRESQL:
        raise ImproperlyConfigured(f"PostgreSQL {version} is too old: {OLDEST_POSTGRESQL} or newer is needed")


def require_redis_url() -> None:
    """Require REDIS_URL; whether Redis can be reached is not checked."""
    if not settings.REDIS_URL:
        raise ImproperlyConfigured("worker and beat need REDIS_URL (without it `manage.py work` runs both)")


def require_broker() -> None:
    """Ping Redis if REDIS_URL is set."""
    if not settings.REDIS_URL:
        return
    try:
        client_of(settings.REDIS_URL, BROKER_PATIENCE_SECONDS).ping()
    except ValueError as error:
        raise ImproperlyConfigured(f"REDIS_URL can't be used: {error}") from error
    except redis.RedisError as error:
        raise ImproperlyConfigured(f"Redis can't be reached: {error} (see REDIS_URL)") from error


def _problem_of_binding(family: int, address: tuple[object, ...]) -> str:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections in TIME_WAIT don't occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return error.strerror or str(error)
    return ""
