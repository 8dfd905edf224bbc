"""Rows of portfolios for tests, made directly in the database."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from campaigns.models import AdCampaign, SpendLimit, SpendTotal
from campaigns.models.spend import period_start
from campaigns.models.spend_limit import PERIODS
from customers.models import Application, Organization
from marketing_solutions.models import Advertiser, AdvertiserCampaign, Portfolio
from tests.factories import make_campaign, unique

FEATURES = ["spend-limit-update"]
DAILY = {"type": "capped", "renewal": "daily", "amount": Decimal("123.45")}
UNCAPPED = {"type": "uncapped", "renewal": "undefined", "amount": None}


def make_advertiser(organization: Organization, **attributes: Any) -> Advertiser:
    """An advertiser whose campaigns' limits may be changed."""
    defaults = {"organization": organization, "name": unique("Advertiser"), "features": FEATURES}
    return Advertiser.objects.create(**defaults | attributes)


def add_to_portfolio(application: Application, advertiser: Advertiser, *, may_manage: bool = True) -> Portfolio:
    """Let an application see (and manage) an advertiser's campaigns."""
    return Portfolio.objects.create(
        organization=advertiser.organization, application=application, advertiser=advertiser, may_manage=may_manage
    )


def make_advertiser_campaign(
    advertiser: Advertiser, *, goal: str = "retention", limit: dict[str, Any] | None = None, **campaign: Any
) -> AdCampaign:
    """A campaign of an advertiser, capped at 123.45 a day unless `limit` says otherwise."""
    made = make_campaign(advertiser.organization, **campaign)
    AdvertiserCampaign.objects.create(
        organization=advertiser.organization, campaign=made, advertiser=advertiser, goal=goal
    )
    SpendLimit.objects.create(organization=advertiser.organization, campaign=made, **limit or DAILY)
    return made


def make_spent(campaign: AdCampaign, amount: str, at: datetime) -> None:
    """Totals as if `amount` had been charged at `at`."""
    zone = campaign.organization.zone
    SpendTotal.objects.bulk_create(
        SpendTotal(
            organization=campaign.organization,
            campaign=campaign,
            period=period,
            starts_on=period_start(period, at, zone),
            amount=Decimal(amount),
        )
        for period in PERIODS
    )


def limit_of(campaign: AdCampaign) -> tuple[str, str, str | None]:
    """Type, renewal and amount as the database has them."""
    kept = SpendLimit.objects.get(campaign=campaign)
    return kept.type, kept.renewal, None if kept.amount is None else str(kept.amount)
