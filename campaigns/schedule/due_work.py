"""Deliveries that are due to begin or to be released, and whether there is any work at all."""

from django.db import connection

from campaigns.schedule.levels import LEVELS_ABOVE_CREATIVE, LEVELS_START_AT
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

DUE_DELIVERIES = SQL("due_deliveries", levels_above_creative=LEVELS_ABOVE_CREATIVE, levels_start_at=LEVELS_START_AT)
FIND_DUE_WORK = SQL("find_due_work", due_deliveries=DUE_DELIVERIES.format(now="now()"))


def work_is_due() -> bool:
    """Whether a worker would find something to do, in any organization."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_DUE_WORK)
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])
