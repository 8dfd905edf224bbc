"""Living campaigns of an organization; each comes with `bundle_id` and, looked up or attached, with `targets`."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, QuerySet

from campaigns.models import AdCampaign
from campaigns.queries.targets import targets_of, targets_of_many
from customers.errors import not_found
from customers.models import Organization
from customers.queries.prepared import PreparedQuery


def campaigns_of(*, organization: Organization) -> QuerySet[AdCampaign]:
    """The living campaigns, newest first; `attach_targets` brings the targets of a page of them."""
    return _living(organization.pk)


def attach_targets(campaigns: Sequence[AdCampaign]) -> Sequence[AdCampaign]:
    """Give each campaign its `targets`, with one query whatever their number."""
    rows: Sequence[Any] = campaigns
    targets = targets_of_many("bundle", [campaign.bundle_id for campaign in rows])
    for campaign in rows:
        campaign.targets = targets.get(campaign.bundle_id, [])
    return campaigns


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
