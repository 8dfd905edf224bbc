"""Campaigns of an application's portfolio: read in pages, and created for an advertiser."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from campaigns.hierarchy.campaigns import create_campaign
from campaigns.models import AdCampaign, SpendLimit
from campaigns.models.level import Status
from campaigns.models.spend_limit import Limit
from campaigns.spend.limits import set_spend_limit
from customers.errors import DomainError, ErrorKind, invalid
from customers.models import Application, Organization
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement
from marketing_solutions.models import Advertiser, AdvertiserCampaign
from marketing_solutions.portfolios import get_managed_advertiser

SQL = NamedSQL(__file__)

# Rows that are in memory at a time while a whole portfolio is read.
PAGE = 1000


class PortfolioCampaign(NamedTuple):
    """One campaign as this dialect shows it; the limit is the one last set, `amount` None where it is uncapped."""

    id: int
    name: str
    advertiser_id: int
    goal: str
    limit_type: str
    renewal: str
    amount: Decimal | None


CAMPAIGNS = SQL("campaigns")
FIND_CAMPAIGN = PreparedStatement(SQL("find_campaign", campaigns=CAMPAIGNS))
SEARCH_CAMPAIGNS = SQL("search_campaigns", campaigns=CAMPAIGNS, page=PAGE)
OF_ADVERTISERS = " AND portfolio.advertiser_id = ANY(%(advertisers)s::bigint[])"
OF_IDS = " AND link.campaign_id = ANY(%(ids)s::bigint[])"
# By whether advertisers and whether ids are asked for.
SEARCHES = {
    (by_advertisers, by_ids): PreparedStatement(
        SEARCH_CAMPAIGNS.format(of_advertisers=OF_ADVERTISERS * by_advertisers, of_ids=OF_IDS * by_ids)
    )
    for by_advertisers in (False, True)
    for by_ids in (False, True)
}


def get_portfolio_campaign(*, application: Application, campaign_id: int) -> PortfolioCampaign:
    """One campaign; DomainError `campaign-not-found` for what isn't in the portfolio, whether it exists or not."""
    row = FIND_CAMPAIGN.first_row(
        {"organization": application.organization_id, "application": application.pk, "campaign": campaign_id}
    )
    if row is None:
        raise DomainError(ErrorKind.NOT_FOUND, "campaign-not-found", "The portfolio has no such campaign.")
    return PortfolioCampaign(*row)


def portfolio_pages(
    *, application: Application, advertiser_ids: Sequence[int] | None, campaign_ids: Sequence[int] | None
) -> Iterator[list[PortfolioCampaign]]:
    """The campaigns that meet both filters (None: no filter), by advertiser and id, in pages of at most PAGE rows.

    Each page is a statement of its own that continues after the last row: a slow reader holds no transaction open, and
    a campaign that exists all the while appears exactly once.
    """
    search = SEARCHES[advertiser_ids is not None, campaign_ids is not None]
    wanted: dict[str, int | str] = {"organization": application.organization_id, "application": application.pk}
    for name, ids in (("advertisers", advertiser_ids), ("ids", campaign_ids)):
        if ids is not None:
            wanted[name] = f"{{{','.join(map(str, ids))}}}"
    last = (0, 0)
    while True:
        rows = search.rows({**wanted, "advertiser": last[0], "last": last[1]})
        page = [PortfolioCampaign(*row) for row in rows]
        yield page
        if len(page) < PAGE:
            return
        last = (page[-1].advertiser_id, page[-1].id)


# This dialect has neither dates nor statuses: its campaigns begin when they are created and have no end.
OPEN_END = datetime(2999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class NewCampaign:
    """A campaign to be created."""

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
