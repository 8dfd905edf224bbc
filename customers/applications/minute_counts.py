"""Counting what happens in a calendar minute (docs/decisions/0012, 0089).

In Redis if there is one, else in the database; both count exactly, however many processes count at once. If Redis fails
within a minute, the database continues from the count that this process has seen, and the other way round.
"""

import threading
import time
from collections import OrderedDict
from datetime import datetime
from functools import cache

import redis
import structlog
from django.conf import settings
from django.db import connection

from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement
from customers.redis_server import circuit, client_of

SQL = NamedSQL(__file__)

MINUTE = 60
# Atomic: every count gets an expiry, and none falls below what this process has seen.
COUNT_IN_REDIS = """
local number = redis.call('INCRBY', KEYS[1], ARGV[3])
local least = ARGV[2] + ARGV[3]
if number < least then
    redis.call('SET', KEYS[1], least, 'EX', ARGV[1])
    return least
end
if number == tonumber(ARGV[3]) then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return number
"""
INCREMENT_MINUTE_COUNT = PreparedStatement(SQL("increment_minute_count"))
DELETE_PAST_MINUTE_COUNTS = SQL("delete_past_minute_counts")
# By key: the minute that this process has counted last, and its highest count. Least recently used keys are evicted; so
# many keys take a few megabytes.
SEEN: OrderedDict[str, tuple[int, int]] = OrderedDict()
MOST_SEEN = 20_000
_seeing = threading.Lock()

log = structlog.get_logger(__name__)


def count_in_minute(*, key: str, now: float, by: int = 1) -> int:
    """Add `by` to the count of `key` in the minute of `now` (seconds since 1970); returns the count."""
    minute = int(now // MINUTE)
    seen = _seen(key, minute)
    number = _count_in_redis(key, minute, seen, by) if settings.REDIS_URL else None
    if number is None:
        number = _count_in_database(key, minute, seen, by)
    _see(key, minute, number)
    return number


def end_of_minute(now: float) -> int:
    """When the minute ends, in seconds since 1970."""
    return (int(now // MINUTE) + 1) * MINUTE


def seconds_left(now: datetime) -> int:
    """How many seconds are left of the minute, at least one."""
    at = now.timestamp()
    return max(1, end_of_minute(at) - int(at))


def clear_minute_counts() -> int:
    """Delete at most ten thousand counts of past minutes; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_PAST_MINUTE_COUNTS, {"minute": int(time.time() // MINUTE)})
        return int(cursor.rowcount)


def _seen(key: str, minute: int) -> int:
    """The highest count of the minute that this process has seen; 0 if it has seen none."""
    of_minute, seen = SEEN.get(key, (minute, 0))
    return seen if of_minute == minute else 0


def _see(key: str, minute: int, number: int) -> None:
    """Remember a count; another thread may have got a higher one already."""
    with _seeing:
        SEEN[key] = minute, max(number, _seen(key, minute))
        SEEN.move_to_end(key)
        while len(SEEN) > MOST_SEEN:
            SEEN.popitem(last=False)


def _count_in_redis(key: str, minute: int, seen: int, by: int) -> int | None:
    if not circuit().may_ask():
        return None
    try:
        script = _script(settings.REDIS_URL)
        number: int = script(keys=[f"{key}:{minute}"], args=[2 * MINUTE, seen, by])
    except (redis.RedisError, ValueError) as error:
        circuit().failed()
        log.warning("rate_limit_without_redis", reason=str(error))
        return None
    circuit().worked()
    return number


def _count_in_database(key: str, minute: int, seen: int, by: int) -> int:
    row = INCREMENT_MINUTE_COUNT.first_row({"key": key, "minute": minute, "seen": seen, "by": by})
    assert row is not None, "an insert or update always returns its row"
    number: int = row[0]
    return number


@cache
def _script(url: str) -> "redis.commands.core.Script":
    return client_of(url).register_script(COUNT_IN_REDIS)
