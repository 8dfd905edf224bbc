"""Messages that completed behaviors send: the same recipients and the same channels, without a delivery."""

from collections.abc import Collection

from django.db import connection

from campaigns.schedule.levels import (
    LEVELS_ABOVE_CREATIVE,
    LEVELS_ARE_LIVE,
    LEVELS_ARE_OVER,
    LEVELS_END_AT,
    LEVELS_START_AT,
)
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

FIND_NEXT_TRIGGERED_CREATIVE = SQL(
    "find_next_triggered_creative",
    levels_above_creative=LEVELS_ABOVE_CREATIVE,
    levels_are_live=LEVELS_ARE_LIVE,
    levels_are_over=LEVELS_ARE_OVER,
    levels_start_at=LEVELS_START_AT,
    levels_end_at=LEVELS_END_AT,
)
LARGEST_BITE = 10_000
DEFER_OR_SKIP = SQL("defer_or_skip", largest_bite=LARGEST_BITE)


def next_triggered_creative(*, besides: Collection[int] = ()) -> int | None:
    """The creative (`besides` these) whose triggered messages are sent next; None if none are due.

    Messages of a creative that is over are skipped; those of one that is not live now stay pending.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(FIND_NEXT_TRIGGERED_CREATIVE, [list(besides)])
            row = cursor.fetchone()
        if row is None:
            return None
        creative_id, is_over = row
        if not is_over:
            return int(creative_id)
        defer_or_skip(creative_id=creative_id, state="skipped", error="The creative or its campaign is over.")


def defer_or_skip(*, creative_id: int, state: str, error: str | None, seconds: float = 0.0) -> int:
    """Skip a creative's due triggered messages, or (`pending`) defer them by so many seconds.

    How many; at most LARGEST_BITE, and then there may be more.
    """
    with connection.cursor() as cursor:
        cursor.execute(DEFER_OR_SKIP, {"creative": creative_id, "state": state, "error": error, "seconds": seconds})
        return int(cursor.rowcount)
