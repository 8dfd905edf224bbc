"""A message counts towards its campaign's frequency cap in the period in which it is sent.

Building an audience counts all of it. If a new day (week, month) begins before all of it is sent, because it was paused
or takes long, the recipients that are still pending are counted again, in the present period, batch by batch, before
the delivery goes on; those for whom the cap has no room are skipped.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from campaigns.customer_facts.locking import CustomerGoneError
from campaigns.delivery.add_recipients import criteria_of
from campaigns.delivery.audience import Cap
from campaigns.delivery.delivery_lease import DeliveryLease, claim_delivery
from campaigns.delivery.leases import lease_seconds
from campaigns.models import Delivery
from campaigns.models.frequency import COUNT_CAPPED, HAS_ROOM
from customers.named_sql import NamedSQL, Values

SQL = NamedSQL(__file__)

# Page views of so many customers wait for one batch.
BITE = 1_000
NO_ROOM = "The frequency cap is reached in the period in which it would be sent."
FIND_UNCOUNTED_RECIPIENTS = SQL("find_uncounted_recipients")
LOCK_CUSTOMERS = "SELECT FROM customers_customer WHERE id = ANY(%(customers)s::bigint[]) ORDER BY id FOR KEY SHARE"
ADD_RECIPIENTS_TO_PERIOD = SQL(
    "add_recipients_to_period", count_capped=COUNT_CAPPED, has_room=HAS_ROOM.format(cap="%(number)s::bigint")
)
FINISH_COUNTING = """
UPDATE campaigns_delivery SET capped_from = %(from)s::date, lease_token = NULL, leased_until = NULL
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint
"""


def cap_that_is_over(*, delivery: Delivery, now: datetime) -> Cap | None:
    """The cap in the period of `now`, if recipients of the delivery may be counted in a former one; None if not."""
    if delivery.capped_from is None:
        return None
    cap = criteria_of(delivery, now=now).cap
    return cap if cap is not None and delivery.capped_from < cap.starts_on else None


def count_again(*, delivery: Delivery, cap: Cap) -> bool:
    """Count pending recipients in the period of `cap`; False if another worker does, or the delivery was stopped."""
    lease = claim_delivery(delivery.pk)
    if lease is None:
        return False
    values = _values(delivery, cap, lease)
    while rows := _next(values):
        try:
            if not _count(values, rows):
                return False
        except CustomerGoneError:
            # A customer was merged a moment ago: the next query finds the surviving one.
            continue
        values["after"] = rows[-1][0]
    with connection.cursor() as cursor:
        cursor.execute(FINISH_COUNTING, values)
        return bool(cursor.rowcount)


def _values(delivery: Delivery, cap: Cap, lease: DeliveryLease) -> Values:
    """The parameters of every statement; `after` begins below all keys."""
    half = delivery.key.hex[:16]
    return {
        "delivery": delivery.pk,
        "organization": delivery.organization_id,
        "campaign": delivery.campaign_id,
        "from": cap.starts_on,
        "rule": cap.rule,
        "number": cap.number,
        "after": uuid.UUID(f"{half}{0:016}"),
        "last": uuid.UUID(f"{half}{'f' * 16}"),
        "limit": BITE,
        "lease_token": lease.token,
        "seconds": lease_seconds(),
        "no_room": NO_ROOM,
    }


def _next(values: Values) -> list[tuple[uuid.UUID, int]]:
    """Keys and customers of the recipients that are counted next."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_UNCOUNTED_RECIPIENTS, values)
        rows: list[tuple[uuid.UUID, int]] = cursor.fetchall()
    return rows


@transaction.atomic
def _count(values: Values, rows: Sequence[tuple[uuid.UUID, int]]) -> bool:
    """Whether the lease is still ours; CustomerGoneError, and none is counted, if a customer was merged or deleted."""
    customers = sorted({customer_id for _, customer_id in rows})
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CUSTOMERS, {"customers": customers})
        if cursor.rowcount < len(customers):
            raise CustomerGoneError
        cursor.execute(ADD_RECIPIENTS_TO_PERIOD, {**values, "keys": [key for key, _ in rows]})
        is_ours: bool = cursor.rowcount == 1
    if not is_ours:
        transaction.set_rollback(True)
    return is_ours
