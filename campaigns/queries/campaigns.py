"""Living campaigns of an organization, with `bundle_id` and `targets`.

Lists are plain rows of one statement, as an answer has up to a hundred of them: making models and compiling querysets
took most of its time (docs/decisions/0006).
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.db.models import F, QuerySet

from campaigns.models import AdCampaign
from campaigns.queries.targets import MEMBERS, targets_of
from customers.errors import not_found
from customers.models import Organization
from customers.queries.prepared import PreparedQuery, PreparedStatement


class CampaignRow(NamedTuple):
    """A campaign of a list, by the names of AdCampaign's columns; hashable, so that what is made of it can be kept."""

    id: int
    name: str
    status: str
    permalink: str
    owner: str | None
    category: str | None
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    priority: int
    group_name: str | None
    frequency_cap: int | None
    frequency_unit: str | None
    frequency_period: str | None
    holdout_percent: int
    price_per_impression: Decimal | None
    price_per_conversion: Decimal | None
    bundle_id: int
    targets_text: str | None

    @property
    def targets(self) -> list[dict[str, Any]]:
        """Its targets as `{attribute, operator, values}`, in their order."""
        return orjson.loads(self.targets_text) if self.targets_text else []


COLUMNS = ", ".join(f"campaign.{name}" for name in CampaignRow._fields[:-2])
# Only names of tables and columns are put together here; values are parameters.
ROWS = f"""
SELECT {COLUMNS}, bundle.id,
    (SELECT {MEMBERS} FROM campaigns_adtarget WHERE bundle_id = bundle.id)
FROM campaigns_adcampaign campaign LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
WHERE campaign.organization_id = (SELECT %s::bigint) AND campaign.deleted_at IS NULL AND campaign.id = ANY ({{ids}})
ORDER BY campaign.id DESC
"""  # noqa: S608
OF_IDS = PreparedStatement(ROWS.format(ids="%s::bigint[]"))
# In selects of their own the planner doesn't see the values, so it makes one plan for all of them, once: to read the
# index over (organization, id descending), which alone gives just this order.
IDS = """
    SELECT id FROM campaigns_adcampaign
    WHERE organization_id = ANY (ARRAY(SELECT %s::bigint)) AND deleted_at IS NULL
    ORDER BY organization_id, id DESC LIMIT (SELECT %s::bigint)"""
PAGE = PreparedStatement(ROWS.format(ids=f"ARRAY({IDS} OFFSET (SELECT %s::bigint))"))
COUNT = PreparedStatement(f"SELECT count(*) FROM ({IDS}) living")  # noqa: S608
# More than there are.
ALL = 2**62


def campaigns_of(*, organization: Organization) -> QuerySet[AdCampaign]:
    """The living campaigns, newest first."""
    return _living(organization.pk)


def count_campaigns(*, organization: Organization, among: QuerySet[AdCampaign] | None = None) -> int:
    """The number of living campaigns, or of those `among` them."""
    if among is not None:
        return among.count()
    row = COUNT.first_row([organization.pk, ALL])
    return row[0] if row else 0


def campaign_rows(
    *, organization: Organization, start: int, end: int, among: QuerySet[AdCampaign] | None = None
) -> list[CampaignRow]:
    """The living campaigns (or those `among` them) from `start` to before `end`, newest first."""
    if among is None:
        rows = PAGE.rows([organization.pk, organization.pk, end - start, start])
    else:
        ids = among.values_list("id", flat=True)[start:end]
        rows = OF_IDS.rows([organization.pk, f"{{{','.join(map(str, ids))}}}"])
    return [CampaignRow._make(row) for row in rows]


def get_campaign(*, organization: Organization, campaign_id: int) -> AdCampaign:
    """One living campaign by its id; DomainError `not_found` where the organization has none."""
    return _found(_by_id.first(organization_id=organization.pk, campaign_id=campaign_id))


def get_campaign_by_permalink(*, organization: Organization, permalink: str) -> AdCampaign:
    """One living campaign by its permalink; DomainError `not_found` where the organization has none."""
    # PostgreSQL's text has no NUL, so no permalink has one.
    storable = "\x00" not in permalink
    return _found(_by_permalink.first(organization_id=organization.pk, permalink=permalink) if storable else None)


def _found(campaign: AdCampaign | None) -> AdCampaign:
    if campaign is None:
        raise not_found("Campaign")
    return campaign


def _living(organization_id: int) -> QuerySet[AdCampaign]:
    return (
        AdCampaign.objects.filter(organization_id=organization_id, deleted_at__isnull=True)
        .annotate(bundle_id=F("ad_bundle__id"))
        .order_by("-id")
    )


def _with_targets(organization_id: int) -> QuerySet[AdCampaign]:
    return _living(organization_id).annotate(targets=targets_of("bundle", "ad_bundle__id"))


_by_id = PreparedQuery(
    lambda organization_id, campaign_id: _with_targets(organization_id).filter(id=campaign_id),
    organization_id=int,
    campaign_id=int,
)
_by_permalink = PreparedQuery(
    lambda organization_id, permalink: _with_targets(organization_id).filter(permalink=permalink),
    organization_id=int,
    permalink=str,
)
