"""Living campaigns of an application's portfolio.

Plain rows of one statement instead of models: an answer shows seven columns of four tables, and a portfolio has
thousands of campaigns. The statement only names tables and columns; values are parameters.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from customers.errors import DomainError, Kind
from customers.models import Application

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


ROWS = """
SELECT campaign.id, campaign.name, link.advertiser_id, link.goal,
       COALESCE(spend.type, 'uncapped'), COALESCE(spend.renewal, 'undefined'), spend.amount
FROM marketing_solutions_portfolio portfolio
JOIN marketing_solutions_advertisercampaign link ON link.advertiser_id = portfolio.advertiser_id
JOIN campaigns_adcampaign campaign ON campaign.id = link.campaign_id
LEFT JOIN campaigns_spendlimit spend ON spend.campaign_id = link.campaign_id
WHERE portfolio.application_id = %s::bigint AND campaign.organization_id = %s::bigint
    AND campaign.deleted_at IS NULL"""
ONE = f"{ROWS} AND link.campaign_id = %s::bigint"
OF_ADVERTISERS = " AND link.advertiser_id = ANY(%s::bigint[])"
OF_IDS = " AND link.campaign_id = ANY(%s::bigint[])"
# The order of the index over (advertiser, campaign): each page begins where the last one ended, nothing is sorted.
NEXT_PAGE = """
    AND (link.advertiser_id, link.campaign_id) > (%s::bigint, %s::bigint)
ORDER BY link.advertiser_id, link.campaign_id
LIMIT %s::bigint"""


def get_portfolio_campaign(*, application: Application, campaign_id: int) -> PortfolioCampaign:
    """One campaign; DomainError `campaign-not-found` for what isn't in the portfolio, whether it exists or not."""
    with connection.cursor() as cursor:
        cursor.execute(ONE, [application.pk, application.organization_id, campaign_id])
        row = cursor.fetchone()
    if row is None:
        raise DomainError(Kind.NOT_FOUND, "campaign-not-found", "The portfolio has no such campaign.")
    return PortfolioCampaign(*row)


def portfolio_pages(
    *, application: Application, advertiser_ids: Sequence[int] | None, campaign_ids: Sequence[int] | None
) -> Iterator[list[PortfolioCampaign]]:
    """The campaigns that meet both filters (None: no filter), by advertiser and id, in pages of at most PAGE rows.

    Each page is a statement of its own that goes on behind the last row: a reader who takes his time holds no
    transaction open, and whoever is there all the while appears exactly once.
    """
    sql = ROWS
    parameters: list[int | list[int]] = [application.pk, application.organization_id]
    for condition, ids in ((OF_ADVERTISERS, advertiser_ids), (OF_IDS, campaign_ids)):
        if ids is not None:
            sql, parameters = sql + condition, [*parameters, list(ids)]
    last = (0, 0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql + NEXT_PAGE, [*parameters, *last, PAGE])
            page = [PortfolioCampaign(*row) for row in cursor.fetchall()]
        yield page
        if len(page) < PAGE:
            return
        last = (page[-1].advertiser_id, page[-1].id)
