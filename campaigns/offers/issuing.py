"""Giving offers to customers: exact limits, points booked, and nothing twice whatever is tried again.

Locks are taken in the order of customers, then offers, each by id: whoever locks more than one customer does it first.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from django.db import connection, transaction

from campaigns.models.offer import MAXIMUM_BALANCE

# A customer's lock keeps what was issued to them as it is; an offer's lock keeps its count.
LOCK_CUSTOMERS = """
SELECT id FROM customers_customer WHERE organization_id = %s::bigint AND id = ANY(%s::bigint[])
ORDER BY id FOR NO KEY UPDATE
"""
LOCK_OFFERS = """
SELECT id FROM campaigns_offer WHERE organization_id = %s::bigint AND id = ANY(%s::bigint[])
ORDER BY id FOR NO KEY UPDATE
"""
# One statement with a snapshot taken after the locks. Of a customer's issued offers only as many are looked at as the
# offer's limit allows.
ISSUE = f"""
WITH asked AS (
    SELECT asked.*, customer.points AS balance, offer.organization_id, offer.points, offer.total_limit,
        offer.limit_per_customer, offer.ends_at,
        offer.issued_count
    FROM jsonb_to_recordset(%(grants)s::jsonb) AS asked (
        place integer, offer_id bigint, customer_id bigint, key varchar, at timestamptz)
    JOIN campaigns_offer offer ON offer.id = asked.offer_id AND offer.organization_id = %(organization)s::bigint
    JOIN customers_customer customer
        ON customer.id = asked.customer_id AND customer.organization_id = offer.organization_id
    WHERE (offer.starts_at IS NULL OR offer.starts_at <= asked.at)
    AND (offer.ends_at IS NULL OR asked.at < offer.ends_at)
    AND NOT EXISTS (SELECT FROM campaigns_issuedoffer issued WHERE issued.key = asked.key)
), of_customers AS (
    SELECT asked.*, row_number() OVER (PARTITION BY offer_id, customer_id ORDER BY place) + CASE
        WHEN limit_per_customer IS NULL THEN 0
        ELSE (SELECT count(*) FROM (
            SELECT FROM campaigns_issuedoffer issued
            WHERE issued.customer_id = asked.customer_id AND issued.offer_id = asked.offer_id
            LIMIT asked.limit_per_customer) before) END AS nth_of_customer
    FROM asked
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY offer_id ORDER BY place) AS nth
    FROM of_customers WHERE limit_per_customer IS NULL OR nth_of_customer <= limit_per_customer
), issued AS (
    INSERT INTO campaigns_issuedoffer (organization_id, customer_id, offer_id, key, issued_at, expires_at)
    SELECT organization_id, customer_id, offer_id, key, at, ends_at
    FROM numbered WHERE total_limit IS NULL OR issued_count + nth <= total_limit ORDER BY place
    ON CONFLICT (key) DO NOTHING
    RETURNING id, key, offer_id, customer_id
), counted AS (
    UPDATE campaigns_offer offer SET issued_count = issued_count + several.number
    FROM (SELECT offer_id, count(*) AS number FROM issued GROUP BY offer_id) several WHERE offer.id = several.offer_id
), worth AS (
    SELECT issued.id, issued.customer_id, asked.points, asked.at, asked.organization_id, {MAXIMUM_BALANCE} -
        asked.balance - sum(asked.points) OVER (PARTITION BY issued.customer_id ORDER BY place) + asked.points AS room
    FROM issued JOIN asked USING (key) WHERE asked.points <> 0
), given AS (
    SELECT id, customer_id, least(points, room)::bigint AS points, at, organization_id FROM worth WHERE room > 0
), booked AS (
    INSERT INTO campaigns_pointsentry (organization_id, customer_id, amount, at, key, note)
    SELECT organization_id, customer_id, points, at, 'issued-offer:' || id, 'offer issued' FROM given
), summed AS (
    UPDATE customers_customer customer SET points = customer.points + several.points, updated_at = now()
    FROM (SELECT customer_id, sum(points)::bigint AS points FROM given GROUP BY customer_id) several
    WHERE customer.id = several.customer_id
)
SELECT key FROM issued
"""  # noqa: S608 - a constant of ours


@dataclass(frozen=True, slots=True)
class Grant:
    """An offer for a customer. `key` (at most 255 characters) makes issuing it again harmless; `at` is when."""

    offer_id: int
    customer_id: int
    key: str
    at: datetime


@transaction.atomic(savepoint=False)
def issue_offers(*, organization_id: int, grants: Sequence[Grant]) -> set[str]:
    """Issue the offers that may be issued, first come first served in the order given; returns their keys.

    Left out: a key that was issued before, an offer outside of its dates at the grant's time, one whose `total_limit`
    or `limit_per_customer` is used up, another organization's offer or customer. An offer's points are booked with it,
    as far as the customer's balance stays within MAXIMUM_BALANCE.
    Three statements, whatever the number.
    """
    if not grants:
        return set()
    rows = [{"place": place, **asdict(grant)} for place, grant in enumerate(_unique(grants))]
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CUSTOMERS, [organization_id, sorted({grant.customer_id for grant in grants})])
        cursor.execute(LOCK_OFFERS, [organization_id, sorted({grant.offer_id for grant in grants})])
        cursor.execute(ISSUE, {"organization": organization_id, "grants": orjson.dumps(rows).decode()})
        return {key for (key,) in cursor.fetchall()}


def _unique(grants: Sequence[Grant]) -> list[Grant]:
    """The first grant of each key."""
    by_key: dict[str, Grant] = {}
    for grant in grants:
        by_key.setdefault(grant.key, grant)
    return list(by_key.values())
