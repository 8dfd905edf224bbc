"""Counting an application's requests, by calendar minutes (docs/decisions/0012).

In Redis where there is one, else in the database: both count exactly, however many processes count at once.
"""

from dataclasses import dataclass
from functools import cache

import redis
import structlog
from django.conf import settings

from customers.models import Application
from customers.queries.prepared import PreparedStatement

MINUTE = 60
# One step for Redis: no count is ever left without an end.
COUNT_IN_REDIS = """
local requests = redis.call('INCR', KEYS[1])
if requests == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return requests
"""
COUNT_IN_DATABASE = PreparedStatement("""
INSERT INTO marketing_solutions_requestcount AS count (application_id, minute, requests)
VALUES (%s::bigint, %s::bigint, 1)
ON CONFLICT (application_id) DO UPDATE SET
    requests = CASE WHEN count.minute < excluded.minute THEN 1 ELSE count.requests + 1 END,
    minute = GREATEST(count.minute, excluded.minute)
RETURNING requests
""")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Quota:
    """What an application has left of this minute; `reset` is its end in seconds since 1970."""

    limit: int
    requests: int
    reset: int

    @property
    def remaining(self) -> int:
        """How many requests are still answered."""
        return max(0, self.limit - self.requests)

    @property
    def is_exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.requests > self.limit


def count_request(*, application: Application, now: float) -> Quota | None:
    """Count one request at `now` (seconds since 1970); None where the limit is switched off."""
    limit: int = settings.REQUESTS_PER_MINUTE
    if not limit:
        return None
    minute = int(now // MINUTE)
    requests = _count_in_redis(application, minute) if settings.REDIS_URL else None
    if requests is None:
        requests = _count_in_database(application, minute)
    return Quota(limit, requests, (minute + 1) * MINUTE)


def _count_in_redis(application: Application, minute: int) -> int | None:
    try:
        requests: int = _script()(keys=[f"requests:{application.api_key}:{minute}"], args=[2 * MINUTE])
    except redis.RedisError as error:
        log.warning("rate_limit_without_redis", reason=str(error))
        return None
    return requests


def _count_in_database(application: Application, minute: int) -> int:
    row = COUNT_IN_DATABASE.first_row([application.pk, minute])
    assert row is not None, "an insert or update always returns its row"
    requests: int = row[0]
    return requests


@cache
def _script() -> "redis.commands.core.Script":
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    return client.register_script(COUNT_IN_REDIS)
