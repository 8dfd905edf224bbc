"""Recipients of workers that are gone: tried again, or ambiguous."""

from collections.abc import Callable

from django.db import connection

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

EXPIRED = """
SELECT member.job_id, member.unit_id FROM campaigns_audiencemember member
WHERE member.state = 'leased' AND member.due_at < now() GROUP BY 1, 2 LIMIT 20
"""
EXPIRE = SQL("expire")


def expire_leases(*, is_repeatable: Callable[[int | None, int], bool]) -> None:
    """Give up on workers whose leases are over: their recipients are tried again, or are ambiguous."""
    with connection.cursor() as cursor:
        cursor.execute(EXPIRED)
        for job_id, unit_id in cursor.fetchall():
            again = is_repeatable(job_id, unit_id)
            state = "pending" if again else "ambiguous"
            error = None if again else "The worker was lost while it handed over."
            cursor.execute(EXPIRE, {"job": job_id, "unit": unit_id, "state": state, "error": error})
