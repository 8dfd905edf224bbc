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

from campaigns.models import Interaction, Participation
from campaigns.models.frequency import COUNT_CAPPED, HAS_ROOM, FrequencyUnit, frequency_starts
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

COUNT_CONVERSION, COUNT_DISMISSAL, COUNT_COMPLETION = (
    SQL("count_participation", count=f"{done}_count", time=f"{done}_at", lock="KEY SHARE")
    for done in ("converted", "dismissed", "completed")
)
# Where the customer is changed after it: the lock that this needs, from the beginning.
COUNT_COMPLETION_AND_STORE = SQL(
    "count_participation", count="completed_count", time="completed_at", lock="NO KEY UPDATE"
)
GET_FREQUENCY_CAP = SQL("get_frequency_cap")
COUNT_ENGAGEMENT = SQL("count_engagement", count_capped=COUNT_CAPPED, has_room=HAS_ROOM.format(cap="%s::bigint"))
LOCK_PARTICIPATIONS = SQL("lock_participations")
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
        cursor.execute(LOCK_PARTICIPATIONS, [organization.pk, orjson.dumps(rows).decode()])


def record_conversion(*, interaction: Interaction, now: datetime) -> bool:
    """The customer converted to the campaign of a tracking token."""
    return _count(COUNT_CONVERSION, interaction, now)


def record_dismissal(*, interaction: Interaction, now: datetime) -> bool:
    """The customer is not interested in the campaign of a tracking token."""
    return _count(COUNT_DISMISSAL, interaction, now)


def record_completion(*, interaction: Interaction, now: datetime, stores: bool = False) -> bool:
    """The customer went through all of the campaign's funnel; `stores` where the customer is to be changed after it."""
    return _count(COUNT_COMPLETION_AND_STORE if stores else COUNT_COMPLETION, interaction, now)


def forget_completion(*, customer_id: int, campaign_id: int) -> None:
    """The customer is to begin the campaign's funnel anew."""
    completed = Participation.objects.filter(customer_id=customer_id, campaign_id=campaign_id, completed_count__gt=0)
    completed.update(completed_count=0, completed_at=None)


def record_engagement(*, interaction: Interaction, now: datetime) -> bool:
    """The customer goes into the campaign (begins its funnel), which a frequency cap of interactions counts.

    False where the cap leaves no room, too: nothing is counted then.
    """
    with connection.cursor() as cursor:
        cursor.execute(GET_FREQUENCY_CAP, [interaction.campaign_id])
        cap, unit, period, rule, time_zone = cursor.fetchone()
        if unit != FrequencyUnit.INTERACTIONS:
            return True
        start = date.fromordinal(frequency_starts(now, ZoneInfo(time_zone))[period])
        whom = [interaction.customer_id, interaction.organization_id, interaction.campaign_id]
        cursor.execute(COUNT_ENGAGEMENT, [*whom, start, rule, cap])
        return bool(cursor.rowcount)


def _count(statement: str, interaction: Interaction, now: datetime) -> bool:
    values: list[Any] = [interaction.customer_id, interaction.organization_id, interaction.campaign_id, now]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount)
