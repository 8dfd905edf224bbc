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
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

CUSTOMER = "WITH customer AS (SELECT id FROM customers_customer WHERE id = %s::bigint FOR {lock})"
# The names of the count, the time and the lock are put in from the functions below, never from a caller.
UPSERT = SQL("upsert", customer=CUSTOMER)
CONVERTED = UPSERT.format(count="converted_count", time="converted_at", lock="KEY SHARE")
DISMISSED = UPSERT.format(count="dismissed_count", time="dismissed_at", lock="KEY SHARE")
COMPLETED = UPSERT.format(count="completed_count", time="completed_at", lock="KEY SHARE")
COMPLETED_AND_STORED = UPSERT.format(count="completed_count", time="completed_at", lock="NO KEY UPDATE")
FORGET_COMPLETION = """
UPDATE campaigns_participation SET completed_count = 0, completed_at = NULL
WHERE customer_id = %s::bigint AND campaign_id = %s::bigint AND completed_count > 0
"""
CAP_OF = SQL("cap_of")
ENGAGED = SQL(
    "engaged",
    customer_lock_key_share=CUSTOMER.format(lock="KEY SHARE"),
    count_capped=COUNT_CAPPED,
    has_room_cap_s_bigint=HAS_ROOM.format(cap="%s::bigint"),
)
LOCK = SQL("lock")
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
        cap, creative, period, rule, time_zone = cursor.fetchone()
        if creative != FrequencyUnit.INTERACTIONS:
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
