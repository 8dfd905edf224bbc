"""The demo's portfolio: both advertisers for the demo's application, and some of its campaigns bought for them."""

from decimal import Decimal

from django.utils import timezone

from campaigns.models import AdCampaign
from campaigns.models.spend_limit import Limit, LimitType, Renewal
from campaigns.spend.limits import set_spend_limit
from customers.models import Application, Organization
from marketing_solutions.campaigns import assign_advertiser
from marketing_solutions.models import Advertiser, Portfolio
from marketing_solutions.models.advertiser import Feature
from marketing_solutions.models.advertiser_campaign import MarketingGoal

ADVERTISERS = ["Acme Outdoor", "Acme Home"]
# Campaign, advertiser, goal, and what it may spend.
CAMPAIGNS = [
    (
        "Spring trail sale",
        "Acme Outdoor",
        MarketingGoal.ACQUISITION,
        Limit(LimitType.CAPPED, Renewal.DAILY, Decimal("250.00")),
    ),
    (
        "Win them back",
        "Acme Outdoor",
        MarketingGoal.RETENTION,
        Limit(LimitType.CAPPED, Renewal.MONTHLY, Decimal("4000.00")),
    ),
    ("Summer catalogue", "Acme Home", MarketingGoal.UNSPECIFIED, None),
]


def create_portfolio(*, organization: Organization, application: Application) -> None:
    """Create the advertisers and assign existing campaigns to them."""
    advertisers = {
        name: Advertiser.objects.create(organization=organization, name=name, features=[Feature.SPEND_LIMIT_UPDATE])
        for name in ADVERTISERS
    }
    for advertiser in advertisers.values():
        Portfolio.objects.create(
            organization=organization, application=application, advertiser=advertiser, may_manage=True
        )
    for name, advertiser_name, goal, limit in CAMPAIGNS:
        campaign = AdCampaign.objects.get(organization=organization, name=name)
        assign_advertiser(
            organization=organization, campaign=campaign, advertiser=advertisers[advertiser_name], goal=goal
        )
        if limit:
            set_spend_limit(organization=organization, campaign_id=campaign.pk, limit=limit, now=timezone.now())
