"""What the attacked server has: a company with campaigns, banners, customers, a portfolio, a file, an operator."""

import base64
from dataclasses import dataclass
from pathlib import Path

from campaigns.models import Delivery
from campaigns.models.delivery import DeliveryState
from customers.models import Application, Operator
from customers.models.application import Platform
from marketing_solutions.oauth import SCOPES, issue_token
from tests.bench.portfolio_rows import make_campaigns
from tests.channels import make_banner, make_live_campaign, make_placeholder
from tests.dialects.marketing_solutions.portfolios import add_to_portfolio, make_advertiser
from tests.factories import (
    DELIVERED_AT,
    make_application,
    make_customer,
    make_hierarchy,
    make_organization,
    make_trail,
)

# Larger than what lies in the buffers between a server and a client that doesn't read.
FILE_BYTES = 48 * 1_048_576
# So many that a search for all of them is streamed, page by page.
PORTFOLIO = 3_000
PASSWORD = "only-for-the-attack"


@dataclass(frozen=True)
class Abused:
    """Ids and credentials for the attackers; `management` is where the management dialect begins."""

    organization_id: int
    application_id: int
    api_key: str
    api_secret: str
    app_token: str
    bearer: str
    campaign_id: int
    customer_id: str
    trail_id: str
    file_path: str
    operator: str

    @property
    def basic(self) -> str:
        """What stands behind `Basic ` in the header Authorization."""
        return base64.b64encode(f"{self.api_key}:{self.api_secret}".encode()).decode()

    @property
    def management(self) -> str:
        """The path before the management dialect's nouns."""
        return f"/priv/v1/apps/{self.api_key}/management"


def make_abused(exports: Path) -> Abused:
    """Make it all in the database that is connected."""
    organization = make_organization(name="Abused")
    made = make_application(organization, platforms=[Platform.REST, Platform.WEB])
    application = made.application
    advertiser = make_advertiser(organization)
    add_to_portfolio(application, advertiser)
    make_campaigns(organization, [advertiser.pk], PORTFOLIO)
    campaign = make_live_campaign(organization, name="Shown to everybody")
    make_banner(make_placeholder(application, name="home"), campaign)
    customer = make_customer(organization, external_id="customer-1", attributes={"state": "NY"})
    trail = make_trail(customer, application)
    operator = Operator.objects.create_superuser("operator", password=PASSWORD)
    return Abused(
        organization_id=organization.pk,
        application_id=application.pk,
        api_key=application.api_key,
        api_secret=made.secret,
        app_token=str(application.app_token),
        bearer=f"Bearer {issue_token(application=application, scopes=list(SCOPES))}",
        campaign_id=campaign.pk,
        customer_id="customer-1",
        trail_id=str(trail.uuid),
        file_path=_make_file(application, exports),
        operator=operator.get_username(),
    )


def _make_file(application: Application, exports: Path) -> str:
    """The path of a delivery's file of FILE_BYTES."""
    creative = make_hierarchy(application).creative
    name = f"audience-{creative.pk}.csv"
    exports.mkdir(parents=True, exist_ok=True)
    with (exports / name).open("wb") as file:
        file.truncate(FILE_BYTES)
    Delivery.objects.create(
        organization=application.organization,
        campaign=creative.creative_group.line_item.campaign,
        creative=creative,
        state=DeliveryState.COMPLETE,
        scheduled_for=DELIVERED_AT,
        file_name=name,
    )
    return f"/priv/v1/apps/{application.api_key}/management/creatives/{creative.pk}/delivery/file"
