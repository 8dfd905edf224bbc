"""Recipients of crashed workers become pending again, or ambiguous."""

from collections.abc import Callable

from django.db import connection

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

FIND_EXPIRED_LEASES = """
SELECT recipient.delivery_id, recipient.creative_id FROM campaigns_recipient recipient
WHERE recipient.state = 'leased' AND recipient.due_at < now() GROUP BY 1, 2 LIMIT 20
"""
EXPIRE_LEASES = SQL("expire_leases")


def expire_leases(*, is_repeatable: Callable[[int | None, int], bool]) -> None:
    """Make recipients whose leases have expired pending again (`is_repeatable`), or ambiguous."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_EXPIRED_LEASES)
        for delivery_id, creative_id in cursor.fetchall():
            again = is_repeatable(delivery_id, creative_id)
            state = "pending" if again else "ambiguous"
            error = None if again else "The worker was lost while it handed over."
            cursor.execute(
                EXPIRE_LEASES, {"delivery": delivery_id, "creative": creative_id, "state": state, "error": error}
            )
