"""Campaigns of advertisers."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from campaigns.models import AdCampaign, SpendLimit
from campaigns.models.level import Status
from campaigns.models.spend_limit import Limit
from campaigns.services.campaigns import create_campaign
from campaigns.services.spend_limits import set_spend_limit
from customers.errors import invalid
from customers.models import Application, Organization
from marketing_solutions.models import Advertiser, AdvertiserCampaign
from marketing_solutions.queries.campaigns import PortfolioCampaign
from marketing_solutions.queries.portfolios import get_managed_advertiser

# This dialect knows neither dates nor statuses: its campaigns begin when they are made and end when somebody says so.
OPEN_END = datetime(2999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class NewCampaign:
    """What a caller says of a campaign to be made."""

    name: str
    advertiser_id: int
    goal: str
    limit: Limit


@transaction.atomic
def create_advertiser_campaign(*, application: Application, wanted: NewCampaign, now: datetime) -> PortfolioCampaign:
    """Make a campaign, its bundle and its spend limit for an advertiser of the portfolio.

    DomainError `insufficient-advertiser-permissions`; `validation` where a name is taken or a value breaks a rule.
    """
    organization = application.organization
    advertiser = get_managed_advertiser(application=application, advertiser_id=wanted.advertiser_id)
    campaign = create_campaign(
        organization=organization,
        attributes={"name": wanted.name, "status": Status.LIVE, "starts_at": now, "ends_at": OPEN_END},
    )
    limit = set_spend_limit(organization=organization, campaign_id=campaign.pk, limit=wanted.limit, now=now)
    AdvertiserCampaign.objects.create(
        organization=organization, campaign=campaign, advertiser=advertiser, goal=wanted.goal
    )
    return PortfolioCampaign(
        campaign.pk, campaign.name, advertiser.pk, wanted.goal, limit.type, limit.renewal, limit.amount
    )


@transaction.atomic
def assign_advertiser(
    *, organization: Organization, campaign: AdCampaign, advertiser: Advertiser, goal: str
) -> AdvertiserCampaign:
    """Give a campaign, wherever it was made, an advertiser and a goal; it is uncapped until it gets a limit."""
    if {campaign.organization_id, advertiser.organization_id} != {organization.pk}:
        raise invalid(advertiser="The advertiser and the campaign belong to different organizations.")
    SpendLimit.objects.get_or_create(campaign=campaign, defaults={"organization": organization})
    return AdvertiserCampaign.objects.update_or_create(
        campaign=campaign, defaults={"organization": organization, "advertiser": advertiser, "goal": goal}
    )[0]
