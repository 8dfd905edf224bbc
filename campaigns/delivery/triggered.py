"""Messages that earned behaviors send: the same ledger and the same channels, without a delivery."""

from collections.abc import Collection

from django.db import connection

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

NEXT = SQL("next")
LARGEST_BITE = 10_000
SET_ASIDE = SQL("set_aside", largest_bite=LARGEST_BITE)


def next_triggered_creative(*, besides: Collection[int] = ()) -> int | None:
    """The creative (`besides` these) whose triggered messages are next to be sent; None where none are now.

    Messages of a creative that is over are skipped; those of one that is not live now wait as they are.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [list(besides)])
            row = cursor.fetchone()
        if row is None:
            return None
        creative_id, is_over = row
        if not is_over:
            return int(creative_id)
        set_aside(creative_id=creative_id, state="skipped", error="The creative or its campaign is over.")


def set_aside(*, creative_id: int, state: str, error: str | None, seconds: float = 0.0) -> int:
    """Settle a creative's waiting triggered messages at once, or (`pending`) let them wait for so many seconds.

    How many; at most LARGEST_BITE: who gets so many back looks again.
    """
    with connection.cursor() as cursor:
        cursor.execute(SET_ASIDE, {"creative": creative_id, "state": state, "error": error, "seconds": seconds})
        return int(cursor.rowcount)
