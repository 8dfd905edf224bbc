"""What customers make of campaigns: counted where decisions look."""

from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.models import Interaction

# The name of the count and of the time are put in from the two functions below, never from a caller.
UPSERT = """
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id, {count}, {time})
VALUES (%s::bigint, %s::bigint, %s::bigint, 1, %s::timestamptz)
ON CONFLICT (customer_id, campaign_id) DO UPDATE
SET {count} = mine.{count} + 1, {time} = GREATEST(mine.{time}, excluded.{time})
"""
CONVERTED = UPSERT.format(count="converted_count", time="converted_at")
DISMISSED = UPSERT.format(count="dismissed_count", time="dismissed_at")


def record_conversion(*, interaction: Interaction, now: datetime) -> None:
    """The customer converted to the campaign of a tracking token."""
    _count(CONVERTED, interaction, now)


def record_dismissal(*, interaction: Interaction, now: datetime) -> None:
    """The customer is not interested in the campaign of a tracking token."""
    _count(DISMISSED, interaction, now)


def _count(statement: str, interaction: Interaction, now: datetime) -> None:
    values: list[Any] = [interaction.organization_id, interaction.customer_id, interaction.campaign_id, now]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
