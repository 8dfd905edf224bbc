"""Issuing offers to customers: exact under concurrency, idempotent by key, points booked.

Locks are taken on customers, then on offers, each by id; a caller that needs several customers locks them before.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from django.db import connection, transaction

from campaigns.models.offer import MAXIMUM_BALANCE
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

LOCK_CUSTOMERS = SQL("lock_customers")
LOCK_OFFERS = SQL("lock_offers")
ISSUE_OFFERS = SQL("issue_offers", maximum_balance=MAXIMUM_BALANCE)


@dataclass(frozen=True, slots=True)
class Grant:
    """An offer for a customer at a time. `key` (at most 255 characters) is the idempotency key."""

    offer_id: int
    customer_id: int
    key: str
    at: datetime


@transaction.atomic(savepoint=False)
def issue_offers(*, organization_id: int, grants: Sequence[Grant]) -> set[str]:
    """Issue the offers that may be issued, in the order given; returns their keys.

    Skipped: keys that were issued before, offers outside of their dates at the grant's time, offers whose `total_limit`
    or `limit_per_customer` is used up, other organizations' offers and customers. An offer's points are booked with it,
    as far as the customer's balance stays within MAXIMUM_BALANCE. Three statements, whatever the number.
    """
    if not grants:
        return set()
    rows = [{"place": place, **asdict(grant)} for place, grant in enumerate(_unique(grants))]
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CUSTOMERS, [organization_id, sorted({grant.customer_id for grant in grants})])
        cursor.execute(LOCK_OFFERS, [organization_id, sorted({grant.offer_id for grant in grants})])
        cursor.execute(ISSUE_OFFERS, {"organization": organization_id, "grants": orjson.dumps(rows).decode()})
        return {key for (key,) in cursor.fetchall()}


def _unique(grants: Sequence[Grant]) -> list[Grant]:
    """The first grant of each key."""
    by_key: dict[str, Grant] = {}
    for grant in grants:
        by_key.setdefault(grant.key, grant)
    return list(by_key.values())
