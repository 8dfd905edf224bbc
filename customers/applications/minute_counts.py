"""Counting what happens in a calendar minute (docs/decisions/0012, 0089).

In Redis where there is one, else in the database: both count exactly, however many processes count at once. Where Redis
fails in the middle of a minute the database goes on from what this process has seen of it, and the other way round.
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
# One step for Redis: no count is ever left without an end, or falls behind what was seen already.
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
# A minute ahead is that of another machine, or of a request that came a moment later; any other minute is over, or one
# of a clock that had jumped.
COUNT_IN_DATABASE = PreparedStatement(SQL("count_in_database"))
CLEAR = SQL("clear")
# By key the minute of what this process has counted last, and the highest count of it; in the order of counting, so
# that what was not counted for longest is forgotten first. So many keys are a few megabytes.
SEEN: OrderedDict[str, tuple[int, int]] = OrderedDict()
MOST_SEEN = 20_000
_seeing = threading.Lock()

log = structlog.get_logger(__name__)


def count_in_minute(*, key: str, now: float, by: int = 1) -> int:
    """Count `by` more of what `key` names in the minute of `now` (seconds since 1970); how many that makes."""
    minute = int(now // MINUTE)
    seen = _seen(key, minute)
    number = _count_in_redis(key, minute, seen, by) if settings.REDIS_URL else None
    if number is None:
        number = _count_in_database(key, minute, seen, by)
    _see(key, minute, number)
    return number


def end_of_minute(now: float) -> int:
    """When counts begin anew, in seconds since 1970."""
    return (int(now // MINUTE) + 1) * MINUTE


def seconds_left(now: datetime) -> int:
    """How many seconds it takes until then, at least one."""
    at = now.timestamp()
    return max(1, end_of_minute(at) - int(at))


def clear_minute_counts() -> int:
    """Delete rows of minutes that are over, ten thousand at most; how many."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, {"minute": int(time.time() // MINUTE)})
        return int(cursor.rowcount)


def _seen(key: str, minute: int) -> int:
    """The highest count of the minute that this process knows of; 0 where it knows of none."""
    of_minute, seen = SEEN.get(key, (minute, 0))
    return seen if of_minute == minute else 0


def _see(key: str, minute: int, number: int) -> None:
    """Remember it: another thread may have been told a higher one before."""
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
    row = COUNT_IN_DATABASE.first_row({"key": key, "minute": minute, "seen": seen, "by": by})
    assert row is not None, "an insert or update always returns its row"
    number: int = row[0]
    return number


@cache
def _script(url: str) -> "redis.commands.core.Script":
    return client_of(url).register_script(COUNT_IN_REDIS)
