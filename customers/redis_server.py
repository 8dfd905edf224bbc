"""Redis as requests use it: with short timeouts and a circuit breaker.

Nothing depends on it: a hint may be lost, and requests can be counted in the database. So a Redis that is unreachable
or hangs costs a process one short attempt each half minute (docs/decisions/0089).
"""

import threading
import time
from collections import defaultdict
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_SECONDS = 0.5
QUIET_SECONDS = 30.0


class Circuit:
    """A circuit breaker: whether to call a server, by what this process has seen of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._has_failed = False
        self._quiet_until = 0.0

    def may_ask(self) -> bool:
        """Whether to call now: always while it works, after a failure one call each half minute."""
        with self._lock:
            now = time.monotonic()
            if now < self._quiet_until:
                return False
            if self._has_failed:
                self._quiet_until = now + QUIET_SECONDS
            return True

    def failed(self) -> None:
        """Note that a call failed."""
        with self._lock:
            self._has_failed = True
            self._quiet_until = time.monotonic() + QUIET_SECONDS

    def worked(self) -> None:
        """Note that a call succeeded."""
        if self._has_failed:
            with self._lock:
                self._has_failed = False
                self._quiet_until = 0.0


# By the server's URL.
_circuits: defaultdict[str, Circuit] = defaultdict(Circuit)


def circuit() -> Circuit:
    """This process's circuit breaker for the configured server."""
    return _circuits[settings.REDIS_URL]


@cache
def client_of(url: str, patience: float = PATIENCE_SECONDS) -> "redis.Redis":
    """A client without retries and with timeouts of `patience` seconds; ValueError if the URL is none."""
    return redis.Redis.from_url(
        url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 0)
    )
