"""Campaigns: read with `bundle_id` and `targets`, created with their bundle, updated, soft-deleted."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet

from campaigns.hierarchy.levels import change_level, mark_children_deleted, mark_deleted
from campaigns.hierarchy.targets import TARGETS_AS_JSON, replace_targets, targets_of
from campaigns.models import Achievement, AdBundle, AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.campaign import permalink_form
from campaigns.models.errors import CONSTRAINTS, constraints_as_errors
from campaigns.schedule.synchronise import synchronise_deliveries
from customers.errors import ErrorCollector, not_found
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.organizations.organizations import bump_version
from customers.prepared import PreparedQuery, PreparedStatement

SQL = NamedSQL(__file__)


class CampaignRow(NamedTuple):
    """A campaign of a list, with the names of AdCampaign's columns; hashable, so that its JSON can be cached."""

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
        """The targets as `{attribute, operator, values}`, in their order."""
        return orjson.loads(self.targets_text) if self.targets_text else []


COLUMNS = ", ".join(f"campaign.{name}" for name in CampaignRow._fields[:-2])
NEWEST_IDS = SQL("newest_campaign_ids")
CAMPAIGNS_BY_IDS, PAGE_OF_CAMPAIGNS = (
    PreparedStatement(SQL("select_campaigns", columns=COLUMNS, targets=TARGETS_AS_JSON, ids=ids))
    for ids in ("%s::bigint[]", f"ARRAY({NEWEST_IDS} OFFSET (SELECT %s::bigint))")
)
COUNT_CAMPAIGNS = PreparedStatement(SQL("count_campaigns", ids=NEWEST_IDS))
# More than there are campaigns.
ALL = 2**62


def campaigns_of(*, organization: Organization) -> QuerySet[AdCampaign]:
    """The campaigns that aren't deleted, newest first."""
    return _living(organization.pk)


def count_campaigns(*, organization: Organization, among: QuerySet[AdCampaign] | None = None) -> int:
    """The number of campaigns that aren't deleted, or of those `among` them."""
    if among is not None:
        return among.count()
    row = COUNT_CAMPAIGNS.first_row([organization.pk, ALL])
    return row[0] if row else 0


def campaign_rows(
    *, organization: Organization, start: int, end: int, among: QuerySet[AdCampaign] | None = None
) -> list[CampaignRow]:
    """The campaigns that aren't deleted (or those `among` them) from `start` to before `end`, newest first."""
    if among is None:
        rows = PAGE_OF_CAMPAIGNS.rows([organization.pk, organization.pk, end - start, start])
    else:
        ids = among.values_list("id", flat=True)[start:end]
        rows = CAMPAIGNS_BY_IDS.rows([organization.pk, f"{{{','.join(map(str, ids))}}}"])
    return [CampaignRow._make(row) for row in rows]


def get_campaign(*, organization: Organization, campaign_id: int) -> AdCampaign:
    """One campaign by its id; DomainError `not_found` if the organization has none, or it is deleted."""
    return _found(_by_id.first(organization_id=organization.pk, campaign_id=campaign_id))


def get_campaign_by_permalink(*, organization: Organization, permalink: str) -> AdCampaign:
    """One campaign by its permalink; DomainError `not_found` if the organization has none, or it is deleted."""
    # PostgreSQL can't store NUL in text, so no permalink has one.
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


def create_campaign(*, organization: Organization, attributes: Mapping[str, object]) -> AdCampaign:
    """Create a campaign and its bundle.

    `attributes`: `name`, `starts_at`, `ends_at`, and optionally the other columns of AdCampaign and `targets`.
    DomainError `validation` if a rule is broken, or the name or permalink is taken.
    """
    attributes = dict(attributes)
    targets = attributes.pop("targets", None)
    if attributes.get("permalink") is None:
        attributes["permalink"] = str(uuid.uuid4())
    campaign = AdCampaign(organization=organization)
    with constraints_as_errors(), transaction.atomic():
        conditions = change_level(campaign, attributes, _refuse_taken, _require_whole_cap, targets=targets)
        campaign.save()
        bundle = AdBundle.objects.create(organization=organization, campaign=campaign)
        if conditions:
            replace_targets(owner=bundle, conditions=conditions)
        bump_version(organization=organization, changed={AdCampaign: [campaign.pk]})
    return get_campaign(organization=organization, campaign_id=campaign.pk)


def update_campaign(*, organization: Organization, campaign_id: int, changes: Mapping[str, object]) -> AdCampaign:
    """Update the attributes in `changes` (those of `create_campaign`)."""
    changes = dict(changes)
    targets = changes.pop("targets", None)
    with constraints_as_errors(), transaction.atomic():
        campaign = lock_campaign(organization=organization, campaign_id=campaign_id)
        conditions = change_level(campaign, changes, _refuse_taken, _require_whole_cap, targets=targets)
        campaign.save()
        if targets is not None:
            replace_targets(owner=campaign.ad_bundle, conditions=conditions)
        bump_version(organization=organization, changed={AdCampaign: [campaign.pk]})
        synchronise_deliveries(organization=organization, level=campaign, changes=changes)
    return get_campaign(organization=organization, campaign_id=campaign_id)


@transaction.atomic
def delete_campaign(*, organization: Organization, campaign_id: int, now: datetime) -> AdCampaign:
    """Soft-delete a campaign and everything below it; the answer has its new name."""
    lock_campaign(organization=organization, campaign_id=campaign_id)
    campaign = get_campaign(organization=organization, campaign_id=campaign_id)
    mark_deleted(campaign, now=now)
    mark_children_deleted(AdLineItem.objects.filter(campaign=campaign), now=now)
    mark_children_deleted(AdGroup.objects.filter(line_item__campaign=campaign), now=now)
    mark_children_deleted(AdUnit.objects.filter(creative_group__line_item__campaign=campaign), now=now)
    mark_children_deleted(Achievement.objects.filter(campaign=campaign), now=now)
    bump_version(organization=organization, changed={AdCampaign: [campaign.pk]})
    synchronise_deliveries(organization=organization, level=campaign)
    return campaign


def lock_campaign(*, organization: Organization, campaign_id: int) -> AdCampaign:
    """The campaign, locked until the transaction ends; DomainError `not_found` if it is deleted."""
    campaign = (
        AdCampaign.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=campaign_id, deleted_at__isnull=True)
        .first()
    )
    if campaign is None:
        raise not_found("Campaign")
    campaign.organization = organization
    return campaign


def _require_whole_cap(campaign: AdCampaign, _changes: Mapping[str, object], errors: ErrorCollector) -> None:
    """A frequency cap is a number, a unit and a period, or none of them."""
    parts = ("frequency_cap", "frequency_unit", "frequency_period")
    absent = [part for part in parts if getattr(campaign, part) is None]
    if absent and len(absent) < len(parts):
        errors.add(absent[0], "A frequency cap needs a number, a unit and a period.")


def _refuse_taken(campaign: AdCampaign, changes: Mapping[str, object], errors: ErrorCollector) -> None:
    """Report every attribute that is taken; the constraints would report only the first."""
    if not {"name", "permalink"} & changes.keys():
        return
    try:
        permalink_form(campaign.permalink)
    except ValidationError as error:
        errors.add("permalink", error.messages[0])
    others = campaigns_of(organization=campaign.organization).exclude(pk=campaign.pk)
    taken = others.filter(Q(name=campaign.name) | Q(permalink=campaign.permalink)).values_list("name", "permalink")
    for name, permalink in taken:
        if name == campaign.name:
            errors.add(*CONSTRAINTS["campaign_name_unique_among_living"])
        if permalink == campaign.permalink:
            errors.add(*CONSTRAINTS["campaign_permalink_unique_among_living"])
