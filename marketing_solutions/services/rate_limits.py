"""Counting an application's requests, by calendar minutes (docs/decisions/0012, 0089).

In Redis where there is one, else in the database: both count exactly, however many processes count at once. Where Redis
fails in the middle of a minute the database goes on from what this process has seen of it, and the other way round.
"""

from dataclasses import dataclass
from functools import cache

import redis
import structlog
from django.conf import settings

from customers.models import Application
from customers.queries.prepared import PreparedStatement
from customers.redis_server import circuit, client_of

MINUTE = 60
# One step for Redis: no count is ever left without an end, or falls behind what was seen already.
COUNT_IN_REDIS = """
local requests = redis.call('INCR', KEYS[1])
local least = tonumber(ARGV[2]) + 1
if requests < least then
    redis.call('SET', KEYS[1], least, 'EX', ARGV[1])
    return least
end
if requests == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return requests
"""
# A minute ahead is that of another machine, or of a request that came a moment later; any other minute is over, or one
# of a clock that had jumped.
COUNT_IN_DATABASE = PreparedStatement("""
INSERT INTO marketing_solutions_requestcount AS count (application_id, minute, requests)
VALUES (%(application)s::bigint, %(minute)s::bigint, %(seen)s::bigint + 1)
ON CONFLICT (application_id) DO UPDATE SET
    requests = CASE count.minute
        WHEN excluded.minute THEN GREATEST(count.requests + 1, excluded.requests)
        WHEN excluded.minute + 1 THEN count.requests + 1
        ELSE excluded.requests END,
    minute = CASE count.minute WHEN excluded.minute + 1 THEN count.minute ELSE excluded.minute END
RETURNING requests
""")

# By api_key the minute of the last request that this process has counted, and the count.
SEEN: dict[str, tuple[int, int]] = {}

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
    of_minute, seen = SEEN.get(application.api_key, (minute, 0))
    seen = seen if of_minute == minute else 0
    requests = _count_in_redis(application, minute, seen) if settings.REDIS_URL else None
    if requests is None:
        requests = _count_in_database(application, minute, seen)
    SEEN[application.api_key] = minute, requests
    return Quota(limit, requests, (minute + 1) * MINUTE)


def _count_in_redis(application: Application, minute: int, seen: int) -> int | None:
    if not circuit().may_ask():
        return None
    try:
        script = _script(settings.REDIS_URL)
        requests: int = script(keys=[f"requests:{application.api_key}:{minute}"], args=[2 * MINUTE, seen])
    except (redis.RedisError, ValueError) as error:
        circuit().failed()
        log.warning("rate_limit_without_redis", reason=str(error))
        return None
    circuit().worked()
    return requests


def _count_in_database(application: Application, minute: int, seen: int) -> int:
    row = COUNT_IN_DATABASE.first_row({"application": application.pk, "minute": minute, "seen": seen})
    assert row is not None, "an insert or update always returns its row"
    requests: int = row[0]
    return requests


@cache
def _script(url: str) -> "redis.commands.core.Script":
    return client_of(url).register_script(COUNT_IN_REDIS)
