"""What a campaign has spent and may spend."""

from datetime import datetime
from decimal import Decimal

from campaigns.models import AdCampaign, SpendLimit, SpendTotal
from campaigns.models.spend import period_start
from campaigns.models.spend_limit import UNCAPPED, Limit
from customers.models import Organization

NOTHING = Decimal(0)


def get_spent(*, organization: Organization, campaign: AdCampaign, period: str, at: datetime) -> Decimal:
    """What the campaign has spent in the period (`daily`, `monthly`, `lifetime`) around `at`."""
    found = SpendTotal.objects.filter(
        organization=organization,
        campaign=campaign,
        period=period,
        starts_on=period_start(period, at, organization.zone),
    )
    return found.values_list("amount", flat=True).first() or NOTHING


def get_limit_in_force(*, organization: Organization, campaign: AdCampaign, at: datetime) -> Limit:
    """The limit that holds at an instant; uncapped where none was ever set."""
    kept = SpendLimit.objects.filter(organization=organization, campaign=campaign).first()
    return kept.in_force_on(at.astimezone(organization.zone).date()) if kept else UNCAPPED
