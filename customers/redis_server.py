"""Redis, as requests use it: asked with little patience, and left alone for a while once it has failed.

Nothing depends on it: a hint may be lost, requests are counted in the database just as well. So a Redis that is away,
or accepts connections and never answers, costs a process one short attempt each half minute, whoever makes it, and all
its other requests nothing (docs/decisions/0089).
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
    """Whether a server is worth asking, by what this process has seen of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._has_failed = False
        self._quiet_until = 0.0

    def may_ask(self) -> bool:
        """Whether to ask now: always while all is well, and after a failure one asker each half minute."""
        with self._lock:
            now = time.monotonic()
            if now < self._quiet_until:
                return False
            if self._has_failed:
                self._quiet_until = now + QUIET_SECONDS
            return True

    def failed(self) -> None:
        """Note that the server has not answered, or not as it should."""
        with self._lock:
            self._has_failed = True
            self._quiet_until = time.monotonic() + QUIET_SECONDS

    def worked(self) -> None:
        """Note that it has answered."""
        if self._has_failed:
            with self._lock:
                self._has_failed = False
                self._quiet_until = 0.0


# What this process has seen of each server, by its URL.
_circuits: defaultdict[str, Circuit] = defaultdict(Circuit)


def circuit() -> Circuit:
    """This process's circuit of the server of the settings."""
    return _circuits[settings.REDIS_URL]


@cache
def client_of(url: str, patience: float = PATIENCE_SECONDS) -> "redis.Redis":
    """A client that tries once, and waits `patience` seconds to connect and for each answer; ValueError for no URL."""
    return redis.Redis.from_url(
        url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 0)
    )
