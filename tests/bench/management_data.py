"""The rows that the management dialect is measured on: the same every time."""

import base64
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from campaigns.models import AdBundle, AdCampaign, AdGroup, AdLineItem, AdTarget, AdUnit
from campaigns.models.ad_type import AdType, CreativeType, DeliveryMethod
from campaigns.models.level import Status
from customers.applications.applications import create_application
from customers.field_values.field_type import FieldType
from customers.models import Application, CustomerField, Organization
from customers.organizations.organizations import get_or_create_organization
from tests.bench.database import settle
from tests.bench.requests import Ids

SEED = 20210812
CAMPAIGNS = 500
STARTS_AT = datetime(2021, 12, 31, 5, tzinfo=UTC)
TARGETS = (
    ("state", "in", ["NY", "NJ", "CT"]),
    ("loyalty_tier", "in", ["gold", "silver"]),
    ("tag", "contains", ["summer"]),
)
# Each creative made under load needs an empty group of its own: 100 000, spread as widely as in real life, so that
# PostgreSQL's statistics look like those of real life too.
EMPTY_GROUPS_PER_LINE_ITEM = 250
LINE_ITEMS = 400
EMPTY_GROUPS_SQL = """
INSERT INTO campaigns_adgroup (organization_id, line_item_id, name, status, starts_at, ends_at)
SELECT organization_id, id, 'Group ' || number, 'live', starts_at, ends_at
FROM campaigns_adlineitem, generate_series(1, %(number)s) number
WHERE id = ANY(%(line_items)s)
RETURNING id
"""


@dataclass(frozen=True)
class ManagementData:
    """What the scenarios refer to."""

    application: Application
    authorization: str
    campaign_id: int
    small_tree_id: int
    large_tree_id: int
    empty_groups: Ids

    def path(self, rest: str) -> str:
        """An address of the dialect."""
        return f"/priv/v1/apps/{self.application.api_key}/management/{rest}"


def make_management_data() -> ManagementData:
    """Make an organization with 500 campaigns, two of them with a hierarchy, and a great many empty groups."""
    with transaction.atomic():
        organization = get_or_create_organization(name="Bench")
        application, secret = create_application(organization=organization, name="Bench", platforms=["rest"])
        for name in ("state", "loyalty_tier"):
            CustomerField.objects.create(organization=organization, name=name, type=FieldType.STRING)
        campaigns = _make_campaigns(organization)
        _make_tree(application, campaigns[0], groups=1)
        _make_tree(application, campaigns[1], groups=50)
        empty_groups = _make_empty_groups(organization, campaigns[-LINE_ITEMS:])
    settle()
    token = base64.b64encode(f"{application.api_key}:{secret}".encode()).decode()
    return ManagementData(
        application=application,
        authorization=f"Basic {token}",
        campaign_id=campaigns[3].pk,
        small_tree_id=campaigns[0].pk,
        large_tree_id=campaigns[1].pk,
        empty_groups=empty_groups,
    )


def _make_campaigns(organization: Organization) -> list[AdCampaign]:
    chance = random.Random(SEED)
    campaigns = AdCampaign.objects.bulk_create(
        AdCampaign(
            organization=organization,
            name=f"Campaign {number}",
            permalink=f"campaign-{number}",
            status=chance.choice([Status.DRAFT, Status.LIVE, Status.PAUSED]),
            **_dates(chance.randrange(365)),
        )
        for number in range(CAMPAIGNS)
    )
    bundles = AdBundle.objects.bulk_create(
        AdBundle(organization=organization, campaign=campaign) for campaign in campaigns
    )
    AdTarget.objects.bulk_create(
        AdTarget(
            organization=organization,
            bundle=bundle,
            position=position,
            attribute=attribute,
            operator=operator,
            values=values,
        )
        for bundle in bundles
        for position, (attribute, operator, values) in enumerate(TARGETS)
    )
    return campaigns


def _make_line_items(organization: Organization, campaigns: list[AdCampaign]) -> list[AdLineItem]:
    return AdLineItem.objects.bulk_create(
        AdLineItem(organization=organization, campaign=campaign, name="Line item", status=Status.LIVE, **_dates(0))
        for campaign in campaigns
    )


def _make_tree(application: Application, campaign: AdCampaign, *, groups: int) -> None:
    organization = application.organization
    (line_item,) = _make_line_items(organization, [campaign])
    made = AdGroup.objects.bulk_create(
        AdGroup(
            organization=organization, line_item=line_item, name=f"Group {number}", status=Status.LIVE, **_dates(number)
        )
        for number in range(groups)
    )
    AdUnit.objects.bulk_create(
        AdUnit(
            organization=organization,
            application=application,
            creative_group=group,
            name=f"Creative of {group.name}",
            status=Status.LIVE,
            ad_type=AdType.ISSUE_AUDIENCE_CSV,
            creative_type=CreativeType.ISSUE_AUDIENCE_CSV,
            delivery_method=DeliveryMethod.SCHEDULED,
            scheduled_delivery_date=STARTS_AT,
        )
        for group in made
    )


def _make_empty_groups(organization: Organization, campaigns: list[AdCampaign]) -> Ids:
    line_items = [line_item.pk for line_item in _make_line_items(organization, campaigns)]
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_GROUPS_SQL, {"number": EMPTY_GROUPS_PER_LINE_ITEM, "line_items": line_items})
        ids = [identity for (identity,) in cursor.fetchall()]
    # The load counts from the first to the last.
    assert max(ids) - min(ids) + 1 == len(ids)
    return Ids(min(ids), max(ids))


def _dates(days: int) -> dict[str, datetime]:
    starts_at = STARTS_AT + timedelta(days=days)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(days=4)}
