"""How often one customer may be shown a campaign: the frequency cap."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import models

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

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


# How a cap is counted, in every statement that does: the part of an upsert of participations (`mine`) that adds
# `excluded.capped_count` by the rule `excluded.capped_rule` in the period that begins on `excluded.capped_from`. If the
# rule is NULL nothing is counted. A later period, or a newer rule, begins at zero. A late event of a former period
# counts in the present one. A caller that read the campaign before its rule changed counts nothing, because a count is
# never reset to a former rule.
_IS_NOT_COUNTED = "(excluded.capped_rule IS NULL OR mine.capped_rule > excluded.capped_rule)"
_BEGINS_ANEW = """(mine.capped_rule IS NULL OR mine.capped_rule < excluded.capped_rule
        OR mine.capped_rule = excluded.capped_rule AND mine.capped_from < excluded.capped_from)"""
_COUNT = SQL("count_capped")
COUNT_CAPPED = _COUNT.format(not_counted=_IS_NOT_COUNTED, anew=_BEGINS_ANEW, added="excluded.capped_count")
# If two rows are merged: what one of them counted in a former period doesn't count.
UNITE_CAPPED = _COUNT.format(
    not_counted=_IS_NOT_COUNTED,
    anew=_BEGINS_ANEW,
    added="CASE WHEN mine.capped_from = excluded.capped_from THEN excluded.capped_count ELSE 0 END",
)
# Whether one more fits; `{cap}` is the most there may be.
HAS_ROOM = f"({_IS_NOT_COUNTED} OR {_BEGINS_ANEW} OR mine.capped_count < {{cap}})"


def frequency_starts(at: datetime, zone: ZoneInfo) -> dict[str, int]:
    """The first day of each period around `at` in the calendar of `zone`, as an ordinal (`date.toordinal`)."""
    day = at.astimezone(zone).date()
    return {
        FrequencyPeriod.DAILY.value: day.toordinal(),
        FrequencyPeriod.WEEKLY.value: day.toordinal() - day.weekday(),
        FrequencyPeriod.MONTHLY.value: day.replace(day=1).toordinal(),
        FrequencyPeriod.LIFETIME.value: EVER.toordinal(),
    }
