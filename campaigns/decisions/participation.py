"""Participations: what a customer did with a campaign, in counts and times that decisions read.

Each statement locks the customer before the participation, against a merge; False if the customer was merged.
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

ADD_CONVERSION, ADD_DISMISSAL, ADD_COMPLETION = (
    SQL("add_to_participation", count=f"{done}_count", time=f"{done}_at", lock="KEY SHARE")
    for done in ("converted", "dismissed", "completed")
)
# Where the customer is changed after it: the lock that this needs, from the beginning.
ADD_COMPLETION_AND_STORE = SQL(
    "add_to_participation", count="completed_count", time="completed_at", lock="NO KEY UPDATE"
)
GET_FREQUENCY_CAP = SQL("get_frequency_cap")
ADD_ENGAGEMENT_TO_CAP = SQL(
    "add_engagement_to_cap", count_capped=COUNT_CAPPED, has_room=HAS_ROOM.format(cap="%s::bigint")
)
LOCK_PARTICIPATIONS = SQL("lock_participations")
Pair = tuple[int, int]  # a customer's and a campaign's id


@dataclass(frozen=True)
class Counting:
    """What a use case counts itself, beside the messages that its events trigger.

    `count` is called when the participations of `pairs` and of the messages are locked: all of them together and in one
    order, or two use cases could deadlock.
    """

    pairs: Collection[Pair]
    count: Callable[[], None]


def lock_participations(*, organization: Organization, pairs: Collection[Pair]) -> None:
    """Lock participations by customer, then campaign; the caller has locked the customers."""
    rows = [{"customer_id": customer_id, "campaign_id": campaign_id} for customer_id, campaign_id in sorted(pairs)]
    with connection.cursor() as cursor:
        cursor.execute(LOCK_PARTICIPATIONS, [organization.pk, orjson.dumps(rows).decode()])


def record_conversion(*, interaction: Interaction, now: datetime) -> bool:
    """Count a conversion to the campaign of an interaction."""
    return _count(ADD_CONVERSION, interaction, now)


def record_dismissal(*, interaction: Interaction, now: datetime) -> bool:
    """Count a dismissal of the campaign of an interaction."""
    return _count(ADD_DISMISSAL, interaction, now)


def record_completion(*, interaction: Interaction, now: datetime, stores: bool = False) -> bool:
    """Count a completion of the campaign's funnel; `stores` if the customer's row is updated afterwards."""
    return _count(ADD_COMPLETION_AND_STORE if stores else ADD_COMPLETION, interaction, now)


def forget_completion(*, customer_id: int, campaign_id: int) -> None:
    """Reset the completion, so that the customer may start the campaign's funnel again."""
    completed = Participation.objects.filter(customer_id=customer_id, campaign_id=campaign_id, completed_count__gt=0)
    completed.update(completed_count=0, completed_at=None)


def record_engagement(*, interaction: Interaction, now: datetime) -> bool:
    """Count that the customer engages with the campaign (starts its funnel), if its frequency cap counts interactions.

    False if the cap is reached as well: nothing is counted then.
    """
    with connection.cursor() as cursor:
        cursor.execute(GET_FREQUENCY_CAP, [interaction.campaign_id])
        cap, unit, period, rule, time_zone = cursor.fetchone()
        if unit != FrequencyUnit.INTERACTIONS:
            return True
        start = date.fromordinal(frequency_starts(now, ZoneInfo(time_zone))[period])
        whom = [interaction.customer_id, interaction.organization_id, interaction.campaign_id]
        cursor.execute(ADD_ENGAGEMENT_TO_CAP, [*whom, start, rule, cap])
        return bool(cursor.rowcount)


def _count(statement: str, interaction: Interaction, now: datetime) -> bool:
    values: list[Any] = [interaction.customer_id, interaction.organization_id, interaction.campaign_id, now]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount)
