"""What customers make of campaigns: counted where decisions look, and charged where the campaign has a price for it."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import connection, transaction

from campaigns.models import AdCampaign, Interaction
from campaigns.models.frequency import COUNT_CAPPED, RULES, FrequencyUnit, frequency_starts
from campaigns.services.spend import record_spend
from customers.errors import DomainError

log = structlog.get_logger(__name__)

# The name of the count and of the time are put in from the two functions below, never from a caller.
UPSERT = """
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id, {count}, {time})
VALUES (%s::bigint, %s::bigint, %s::bigint, 1, %s::timestamptz)
ON CONFLICT (customer_id, campaign_id) DO UPDATE
SET {count} = mine.{count} + 1, {time} = GREATEST(mine.{time}, excluded.{time})
"""
CONVERTED = UPSERT.format(count="converted_count", time="converted_at")
DISMISSED = UPSERT.format(count="dismissed_count", time="dismissed_at")
COMPLETED = UPSERT.format(count="completed_count", time="completed_at")
FORGET_COMPLETION = """
UPDATE campaigns_participation SET completed_count = 0, completed_at = NULL
WHERE customer_id = %s::bigint AND campaign_id = %s::bigint AND completed_count > 0
"""
CAP_OF = """
SELECT campaign.frequency_unit, campaign.frequency_period, organization.time_zone
FROM campaigns_adcampaign campaign
JOIN customers_organization organization ON organization.id = campaign.organization_id
WHERE campaign.id = %s::bigint
"""
ENGAGED = f"""
INSERT INTO campaigns_participation AS mine
    (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
VALUES (%s::bigint, %s::bigint, %s::bigint, 1, %s::date, %s::smallint)
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET {COUNT_CAPPED}
"""  # noqa: S608 (a constant)


def record_conversion(*, interaction: Interaction, now: datetime) -> None:
    """The customer converted to the campaign of a tracking token; its price per conversion is booked.

    The conversion counts even where the campaign's spend limit leaves nothing to charge: a limit is never passed.
    """
    # Before the count: whoever books locks the spend limit first, and the customer's participation after it.
    _charge_conversion(interaction, now)
    _count(CONVERTED, interaction, now)


def record_dismissal(*, interaction: Interaction, now: datetime) -> None:
    """The customer is not interested in the campaign of a tracking token."""
    _count(DISMISSED, interaction, now)


def record_completion(*, interaction: Interaction, now: datetime) -> None:
    """The customer went through all of the campaign's funnel."""
    _count(COMPLETED, interaction, now)


def forget_completion(*, customer_id: int, campaign_id: int) -> None:
    """The customer is to begin the campaign's funnel anew."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_COMPLETION, [customer_id, campaign_id])


def record_engagement(*, interaction: Interaction, now: datetime) -> None:
    """The customer went into the campaign (began its funnel): what a frequency cap of interactions counts."""
    with connection.cursor() as cursor:
        cursor.execute(CAP_OF, [interaction.campaign_id])
        unit, period, time_zone = cursor.fetchone()
        if unit == FrequencyUnit.INTERACTIONS:
            start = date.fromordinal(frequency_starts(now, ZoneInfo(time_zone))[period])
            whom = [interaction.organization_id, interaction.customer_id, interaction.campaign_id]
            cursor.execute(ENGAGED, [*whom, start, RULES[unit, period]])


def _charge_conversion(interaction: Interaction, now: datetime) -> None:
    priced = AdCampaign.objects.filter(
        id=interaction.campaign_id, deleted_at__isnull=True, price_per_conversion__isnull=False
    )
    campaign = priced.select_related("organization").first()
    if campaign is None or campaign.price_per_conversion is None:
        return
    try:
        with transaction.atomic():
            record_spend(
                organization=campaign.organization,
                campaign=campaign,
                amount=campaign.price_per_conversion,
                at=now,
                idempotency_key=f"conversion:{interaction.token}",
            )
    except DomainError as error:
        log.info("conversion_not_charged", campaign=campaign.pk, token=str(interaction.token), reason=error.code)


def _count(statement: str, interaction: Interaction, now: datetime) -> None:
    values: list[Any] = [interaction.organization_id, interaction.customer_id, interaction.campaign_id, now]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
