"""What time has made due: deliveries to begin or to release, and whether there is any work at all."""

from django.db import connection

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

DUE_DELIVERIES = SQL("due_deliveries")
WORK_IS_DUE = SQL("work_is_due", due_now=DUE_DELIVERIES.format(now="now()"))


def work_is_due() -> bool:
    """Whether a worker would find something to do, in any organization."""
    with connection.cursor() as cursor:
        cursor.execute(WORK_IS_DUE)
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])
