"""Unsound rows, one plant for each check of `manage.py verify`, written past the constraints that forbid most."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

NOT_NULL = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull AND NOT attisdropped AND attnum <> ALL (
    SELECT unnest(conkey) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'p')
"""
CONSTRAINTS = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u')"
UNIQUE_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique AND NOT indisprimary
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
Plant = Callable[[int], None]
# What a campaign's frequency_rule is to begin with.
RULE = 1
CHANGED, HOUR = datetime(2026, 3, 10, tzinfo=UTC), timedelta(hours=1)
KEYS = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")


def loosen(table: str) -> None:
    """Let a table take any row until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for what, query, places in (
            ("ALTER COLUMN {} DROP NOT NULL", NOT_NULL, 2),
            ("DROP CONSTRAINT {}", CONSTRAINTS, 1),
        ):
            cursor.execute(query, [table] * places)
            changes = ", ".join(what.format(connection.ops.quote_name(name)) for (name,) in cursor.fetchall())
            if changes:
                cursor.execute(f"ALTER TABLE {table} {changes}")
        cursor.execute(UNIQUE_INDEXES, [table])
        for (index,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {index} CASCADE")


def insert(table: str, **values: Any) -> None:
    """A row of nothing but these values and the columns' defaults."""
    loosen(table)
    names = ", ".join(connection.ops.quote_name(name) for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(values))})", list(values.values())
        )


def _hierarchy(organization: int, campaign: dict[str, Any] | None = None, **creative: object) -> None:
    """A live campaign (1) with a container (2), a group (3) and a creative (4)."""
    owned = {"organization_id": organization, "status": "live"}
    insert("campaigns_adcampaign", **{"id": 1, **owned, **(campaign or {})})
    insert("campaigns_adbundle", id=1, organization_id=organization, campaign_id=1)
    insert("campaigns_adlineitem", id=2, campaign_id=1, **owned)
    insert("campaigns_adgroup", id=3, line_item_id=2, **owned)
    insert("campaigns_adunit", **{"id": 4, "creative_group_id": 3, "offer_ids": [], **owned, **creative})


def _campaign_without_bundle(organization: int) -> None:
    insert("campaigns_adcampaign", id=1, organization_id=organization)


def _two(table: str, column: str) -> Plant:
    def plant(organization: int) -> None:
        for _ in range(2):
            insert(table, organization_id=organization, **{column: 7})

    return plant


def _unknown_offer(organization: int) -> None:
    _hierarchy(organization, offer_ids=["nobody's"])


def _of_another_campaign(child: str, column: str) -> Plant:
    """A row of campaign 9 that names one of campaign 1."""

    def plant(organization: int) -> None:
        _hierarchy(organization)
        insert("funnels_funnelversion", id=5, organization_id=organization, campaign_id=1)
        insert("campaigns_interaction", id=6, organization_id=organization, campaign_id=1)
        insert("campaigns_achievement", id=7, organization_id=organization, campaign_id=1)
        parent = {"creative_id": 4, "group_id": 3, "version_id": 5, "interaction_id": 6, "composite_id": 7}[column]
        insert(child, organization_id=organization, campaign_id=9, **{column: parent})

    return plant


def _of_another_customer(child: str, column: str, parent: str) -> Plant:
    def plant(organization: int) -> None:
        insert(parent, id=5, organization_id=organization, customer_id=1)
        insert(child, organization_id=organization, customer_id=2, **{column: 5})

    return plant


def _alias_of_a_customer(organization: int) -> None:
    insert("customers_customer", id=1, organization_id=organization, external_id="known")
    insert("customers_customeralias", organization_id=organization, customer_id=1, external_id="known")


def _doubled_value(organization: int) -> None:
    insert("customers_customerfield", organization_id=organization, name="email", unique=True)
    for _ in range(2):
        insert("customers_customer", organization_id=organization, attributes='{"email": "a@example.com"}')


def _points_without_entry(organization: int) -> None:
    insert("customers_customer", organization_id=organization, points=5)


def _total_without_entry(organization: int) -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    insert("campaigns_spendtotal", organization_id=organization, campaign_id=1, period="daily", starts_on=day, amount=5)


def _overspent(organization: int) -> None:
    limit = {"type": "capped", "renewal": "lifetime", "amount": 5}
    insert("campaigns_spendlimit", organization_id=organization, campaign_id=1, **limit)
    total = {"period": "lifetime", "starts_on": "0001-01-01", "amount": 6}
    insert("campaigns_spendtotal", organization_id=organization, campaign_id=1, **total)


def _uncounted_offer(organization: int) -> None:
    insert("campaigns_offer", organization_id=organization, issued_count=1)


def _seen_without_interaction(organization: int) -> None:
    insert("campaigns_participation", organization_id=organization, customer_id=1, campaign_id=1, seen_count=1)


def _capped(organization: int, creative: str) -> None:
    """A campaign whose cap of one was passed after it was last changed."""
    _hierarchy(
        organization,
        {"frequency_unit": creative, "frequency_period": "daily", "frequency_cap": 1, "updated_at": CHANGED},
    )
    insert(
        "campaigns_participation",
        organization_id=organization,
        customer_id=1,
        campaign_id=1,
        capped_count=2,
        capped_rule=RULE,
        last_seen_at=CHANGED + HOUR,
    )


def _shown_too_often(organization: int) -> None:
    _capped(organization, "impressions")


def _entered_too_often(organization: int) -> None:
    _capped(organization, "interactions")
    insert("funnels_funnelentry", organization_id=organization, customer_id=1, campaign_id=1, entered_at=CHANGED + HOUR)


def _earned_twice(cap: str, **rules: int) -> Plant:
    def plant(organization: int) -> None:
        rules[cap] = 1
        insert("campaigns_achievement", id=1, organization_id=organization, updated_at=CHANGED, **rules)
        for hour in (1, 2):
            at = CHANGED + hour * HOUR
            insert(
                "campaigns_completion",
                organization_id=organization,
                customer_id=1,
                achievement_id=1,
                at=at,
                created_at=at,
            )

    return plant


def _given_too_often(organization: int) -> None:
    insert("campaigns_offer", id=1, organization_id=organization, limit_per_customer=1, updated_at=CHANGED)
    for hour in (1, 2):
        insert(
            "campaigns_issuedoffer",
            organization_id=organization,
            customer_id=1,
            offer_id=1,
            created_at=CHANGED + hour * HOUR,
        )


def _miscounted_delivery(organization: int) -> None:
    insert("campaigns_delivery", organization_id=organization, sent=1)


def _miscounted_chunks(organization: int) -> None:
    insert("campaigns_delivery", organization_id=organization, chunks_done=1)


def _unsettled(organization: int) -> None:
    insert("campaigns_delivery", id=1, organization_id=organization, state="complete")
    insert("campaigns_recipient", key=KEYS[0], organization_id=organization, delivery_id=1, state="pending")


def _recipient_twice(organization: int) -> None:
    for key in KEYS:
        insert("campaigns_recipient", key=key, organization_id=organization, delivery_id=1, customer_id=1)


def _overlapping_chunks(organization: int) -> None:
    for number, first in enumerate((1, 5)):
        chunk = {"delivery_id": 1, "number": number, "first_id": first, "last_id": first + 4}
        insert("campaigns_audiencechunk", organization_id=organization, **chunk)


def _recipient_of_another_creative(organization: int) -> None:
    insert("campaigns_delivery", id=1, organization_id=organization, creative_id=1)
    insert("campaigns_recipient", key=KEYS[0], organization_id=organization, delivery_id=1, creative_id=2)


def _no_delivery(organization: int) -> None:
    _hierarchy(organization, delivery_method="scheduled", scheduled_delivery_date=CHANGED)


PLANTS: dict[str, Plant] = {
    "a campaign has its ad bundle": _campaign_without_bundle,
    "one container a campaign": _two("campaigns_adlineitem", "campaign_id"),
    "one creative a group": _two("campaigns_adunit", "creative_group_id"),
    "offers of creatives are there": _unknown_offer,
    **{
        f"one campaign in {child}.{column}": _of_another_campaign(child, column)
        for child, column in (
            ("campaigns_delivery", "creative_id"),
            ("campaigns_achievement", "composite_id"),
            ("funnels_banner", "group_id"),
            ("funnels_popup", "group_id"),
            ("funnels_funnel", "version_id"),
            ("funnels_funnelentry", "version_id"),
            ("funnels_funnelentry", "interaction_id"),
        )
    },
    **{
        f"one customer in {child}.{column}": _of_another_customer(child, column, parent)
        for child, column, parent in (
            ("campaigns_pointsentry", "completion_id", "campaigns_completion"),
            ("funnels_funnelentry", "interaction_id", "campaigns_interaction"),
            ("funnels_eventoccurrence", "trace_id", "traces_trace"),
        )
    },
    "one customer for an id": _alias_of_a_customer,
    "unique fields are unique": _doubled_value,
    "points equal the ledger": _points_without_entry,
    "spend totals equal the entries": _total_without_entry,
    "spend is within its limit": _overspent,
    "issued offers are counted": _uncounted_offer,
    "participations count their interactions": _seen_without_interaction,
    "frequency caps of impressions": _shown_too_often,
    "frequency caps of interactions": _entered_too_often,
    "caps of behaviors": _earned_twice("max_times_achievable"),
    "caps of behaviors in a period": _earned_twice("max_times_achievable_per_period", period=3_601),
    "caps of behaviors in a period without end": _earned_twice("max_times_achievable_per_period"),
    "caps of behaviors in a month": _earned_twice("max_times_achievable_per_month"),
    "caps of behaviors in a year": _earned_twice("max_times_achievable_per_year"),
    "offers a customer": _given_too_often,
    "counts of deliveries": _miscounted_delivery,
    "chunks of deliveries": _miscounted_chunks,
    "complete deliveries are settled": _unsettled,
    "a customer is a recipient once": _recipient_twice,
    "chunks share customers out": _overlapping_chunks,
    "recipients are of their delivery's creative": _recipient_of_another_creative,
    "live scheduled creatives have a delivery": _no_delivery,
}
