"""How often one customer may be shown a campaign: the frequency cap."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import models

# The one lifetime begins on this day.
EVER = date(1, 1, 1)


class FrequencyUnit(models.TextChoices):
    """What is counted: being shown, or going into it (beginning the funnel)."""

    IMPRESSIONS = "impressions"
    INTERACTIONS = "interactions"


class FrequencyPeriod(models.TextChoices):
    """When counting begins anew, in the organization's calendar; a week begins on Monday."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    LIFETIME = "lifetime"


def frequency_starts(at: datetime, zone: ZoneInfo) -> dict[str, int]:
    """The first day of each period around `at` in the calendar of `zone`, as an ordinal (`date.toordinal`)."""
    day = at.astimezone(zone).date()
    return {
        FrequencyPeriod.DAILY.value: day.toordinal(),
        FrequencyPeriod.WEEKLY.value: day.toordinal() - day.weekday(),
        FrequencyPeriod.MONTHLY.value: day.replace(day=1).toordinal(),
        FrequencyPeriod.LIFETIME.value: EVER.toordinal(),
    }
