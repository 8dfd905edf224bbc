"""How often one customer may be shown a campaign: the frequency cap."""

import itertools
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


# A rule of counting (a unit and a period) as the number that a count bears: what was counted by another one is nothing.
RULE_NUMBERS: dict[tuple[str | None, str | None], int] = {
    (unit.value, period.value): number
    for number, (unit, period) in enumerate(itertools.product(FrequencyUnit, FrequencyPeriod), 1)
}
# The number of the rule of a row `campaign`, NULL where it has no cap; a constant without parameters.
RULE_OF_CAMPAIGN = "CASE {} END".format(
    " ".join(
        f"WHEN campaign.frequency_unit = '{unit}' AND campaign.frequency_period = '{period}' THEN {number}"
        for (unit, period), number in RULE_NUMBERS.items()
    )
)

# How a cap is counted, in every statement that does: the part of an upsert of participations (`mine`) that adds
# `excluded.capped_count` by the rule `excluded.capped_rule` in the period that begins on `excluded.capped_from`. Where
# the rule is NULL nothing is counted. A later period, or another rule, begins anew; who comes late, with a moment of a
# former period, counts in the present one: a count is never set back.
_BEGINS_ANEW = "(mine.capped_rule IS DISTINCT FROM excluded.capped_rule OR mine.capped_from < excluded.capped_from)"
_COUNT = """capped_count = CASE WHEN excluded.capped_rule IS NULL THEN mine.capped_count
        WHEN {anew} THEN excluded.capped_count ELSE mine.capped_count + {added} END,
    capped_from = CASE WHEN excluded.capped_rule IS NOT NULL AND {anew} THEN excluded.capped_from
        ELSE mine.capped_from END,
    capped_rule = COALESCE(excluded.capped_rule, mine.capped_rule)"""
COUNT_CAPPED = _COUNT.format(anew=_BEGINS_ANEW, added="excluded.capped_count")
# Where two rows become one: what one of them counted in a former period is over.
UNITE_CAPPED = _COUNT.format(
    anew=_BEGINS_ANEW,
    added="CASE WHEN mine.capped_from = excluded.capped_from THEN excluded.capped_count ELSE 0 END",
)
# Whether one more fits; `{cap}` is the most there may be.
HAS_ROOM = f"(excluded.capped_rule IS NULL OR {_BEGINS_ANEW} OR mine.capped_count < {{cap}})"


def frequency_starts(at: datetime, zone: ZoneInfo) -> dict[str, int]:
    """The first day of each period around `at` in the calendar of `zone`, as an ordinal (`date.toordinal`)."""
    day = at.astimezone(zone).date()
    return {
        FrequencyPeriod.DAILY.value: day.toordinal(),
        FrequencyPeriod.WEEKLY.value: day.toordinal() - day.weekday(),
        FrequencyPeriod.MONTHLY.value: day.replace(day=1).toordinal(),
        FrequencyPeriod.LIFETIME.value: EVER.toordinal(),
    }
