"""What customers make of campaigns, counted where decisions look.

Each statement locks the customer before the participation, against a merge; False where the customer is no more.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from campaigns.models import Interaction
from campaigns.models.frequency import COUNT_CAPPED, HAS_ROOM, FrequencyUnit, frequency_starts
from customers.models import Organization

CUSTOMER = "WITH customer AS (SELECT id FROM customers_customer WHERE id = %s::bigint FOR {lock})"
# The names of the count, the time and the lock are put in from the functions below, never from a caller.
UPSERT = (
    CUSTOMER
    + """
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id, {count}, {time})
SELECT %s::bigint, customer.id, %s::bigint, 1, %s::timestamptz FROM customer
ON CONFLICT (customer_id, campaign_id) DO UPDATE
SET {count} = mine.{count} + 1, {time} = GREATEST(mine.{time}, excluded.{time})
"""
)
CONVERTED = UPSERT.format(count="converted_count", time="converted_at", lock="KEY SHARE")
DISMISSED = UPSERT.format(count="dismissed_count", time="dismissed_at", lock="KEY SHARE")
COMPLETED = UPSERT.format(count="completed_count", time="completed_at", lock="KEY SHARE")
COMPLETED_AND_STORED = UPSERT.format(count="completed_count", time="completed_at", lock="NO KEY UPDATE")
FORGET_COMPLETION = """
UPDATE campaigns_participation SET completed_count = 0, completed_at = NULL
WHERE customer_id = %s::bigint AND campaign_id = %s::bigint AND completed_count > 0
"""
CAP_OF = """
SELECT campaign.frequency_cap, campaign.frequency_unit, campaign.frequency_period, campaign.frequency_rule,
    organization.time_zone
FROM campaigns_adcampaign campaign
JOIN customers_organization organization ON organization.id = campaign.organization_id
WHERE campaign.id = %s::bigint
"""
ENGAGED = f"""
{CUSTOMER.format(lock="KEY SHARE")}
INSERT INTO campaigns_participation AS mine
    (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
SELECT %s::bigint, customer.id, %s::bigint, 1, %s::date, %s::smallint FROM customer
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET {COUNT_CAPPED} WHERE {HAS_ROOM.format(cap="%s::bigint")}
"""  # noqa: S608 (put together from constants)
# Locks participations in their order, making those that are missing.
LOCK = """
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id)
SELECT %s::bigint, pair.customer_id, pair.campaign_id
FROM jsonb_to_recordset(%s::jsonb) AS pair (customer_id bigint, campaign_id bigint)
ORDER BY pair.customer_id, pair.campaign_id
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET seen_count = mine.seen_count
"""
Pair = tuple[int, int]  # a customer's and a campaign's id


@dataclass(frozen=True)
class Counting:
    """What a use case counts itself beside the messages that its events trigger.

    `count` is called when the participations of `pairs`, and those of the messages, are locked: all of them together
    and in one order, or two use cases would wait for each other in a circle.
    """

    pairs: Collection[Pair]
    count: Callable[[], None]


def lock_participations(*, organization: Organization, pairs: Collection[Pair]) -> None:
    """Lock participations by customer, then campaign; the caller has locked the customers."""
    rows = [{"customer_id": customer_id, "campaign_id": campaign_id} for customer_id, campaign_id in sorted(pairs)]
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [organization.pk, orjson.dumps(rows).decode()])


def record_conversion(*, interaction: Interaction, now: datetime) -> bool:
    """The customer converted to the campaign of a tracking token."""
    return _count(CONVERTED, interaction, now)


def record_dismissal(*, interaction: Interaction, now: datetime) -> bool:
    """The customer is not interested in the campaign of a tracking token."""
    return _count(DISMISSED, interaction, now)


def record_completion(*, interaction: Interaction, now: datetime, stores: bool = False) -> bool:
    """The customer went through all of the campaign's funnel; `stores` where the customer is to be changed after it."""
    return _count(COMPLETED_AND_STORED if stores else COMPLETED, interaction, now)


def forget_completion(*, customer_id: int, campaign_id: int) -> None:
    """The customer is to begin the campaign's funnel anew."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_COMPLETION, [customer_id, campaign_id])


def record_engagement(*, interaction: Interaction, now: datetime) -> bool:
    """The customer goes into the campaign (begins its funnel), which a frequency cap of interactions counts.

    False where the cap leaves no room, too: nothing is counted then.
    """
    with connection.cursor() as cursor:
        cursor.execute(CAP_OF, [interaction.campaign_id])
        cap, unit, period, rule, time_zone = cursor.fetchone()
        if unit != FrequencyUnit.INTERACTIONS:
            return True
        start = date.fromordinal(frequency_starts(now, ZoneInfo(time_zone))[period])
        whom = [interaction.customer_id, interaction.organization_id, interaction.campaign_id]
        cursor.execute(ENGAGED, [*whom, start, rule, cap])
        return bool(cursor.rowcount)


def _count(statement: str, interaction: Interaction, now: datetime) -> bool:
    values: list[Any] = [interaction.customer_id, interaction.organization_id, interaction.campaign_id, now]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount)
