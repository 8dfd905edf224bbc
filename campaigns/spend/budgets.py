"""Campaigns whose budget is exhausted."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef
from django.db.models.functions import Cast, JSONObject

from campaigns.models import SpendLimit, SpendTotal
from campaigns.models.spend import SMALLEST_CHARGE, period_start
from campaigns.models.spend_limit import PERIODS
from customers.models import Organization

NOTHING = Decimal(0)


def find_exhausted_budgets(
    *, organization: Organization, needed: Mapping[int, Decimal], at: datetime
) -> frozenset[int]:
    """The campaigns whose limit leaves less than `needed` (by campaign id; 0: nothing at all), in one statement."""
    starts = {period.value: period_start(period, at, organization.zone) for period in PERIODS}
    limits = SpendLimit.objects.filter(organization=organization, campaign_id__in=list(needed))
    spent = SpendTotal.objects.filter(campaign=OuterRef("campaign"), starts_on__in=list(starts.values()))
    totals: object = ArraySubquery(
        spent.values(total=JSONObject(period="period", day="starts_on", amount=Cast("amount", CharField())))
    )
    day = at.astimezone(organization.zone).date()
    exhausted = set()
    for kept in limits.annotate(totals=totals):
        limit = kept.in_force_on(day)
        if limit.amount is None:
            continue
        start = starts[limit.renewal].isoformat()
        amounts = [row["amount"] for row in kept.totals if (row["period"], row["day"]) == (limit.renewal, start)]
        total = Decimal(amounts[0]) if amounts else NOTHING
        if not limit.has_room(total, max(needed[kept.campaign_id], SMALLEST_CHARGE)):
            exhausted.add(kept.campaign_id)
    return frozenset(exhausted)
