"""Line items: the containers of creative groups."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from campaigns.hierarchy.campaigns import lock_campaign
from campaigns.hierarchy.levels import change_level, mark_children_deleted, mark_deleted
from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.errors import constraints_as_errors
from campaigns.schedule.synchronise import synchronise_deliveries
from customers.errors import not_found
from customers.models import Organization
from customers.organizations.organizations import bump_version
from customers.prepared import PreparedQuery


def line_items_of(*, organization: Organization, campaign: AdCampaign) -> QuerySet[AdLineItem]:
    """The line items of a campaign that aren't deleted, newest first (there is at most one)."""
    return _living(organization.pk).filter(campaign=campaign)


def get_line_item(*, organization: Organization, line_item_id: int) -> AdLineItem:
    """One line item; DomainError `not_found` if the organization has none, or it is deleted."""
    line_item = _by_id.first(organization_id=organization.pk, line_item_id=line_item_id)
    if line_item is None:
        raise not_found("Line item")
    return line_item


def _living(organization_id: int) -> QuerySet[AdLineItem]:
    return AdLineItem.objects.filter(organization_id=organization_id, deleted_at__isnull=True).order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, line_item_id: _living(organization_id).filter(id=line_item_id),
    organization_id=int,
    line_item_id=int,
)


def create_line_item(*, organization: Organization, campaign_id: int, attributes: Mapping[str, object]) -> AdLineItem:
    """Create the line item of a campaign.

    `attributes`: `name`, `starts_at`, `ends_at`, `status`, and optionally `display_name`, `description`.
    """
    line_item = AdLineItem(organization=organization)
    change_level(line_item, attributes)
    with constraints_as_errors(), transaction.atomic():
        line_item.campaign = lock_campaign(organization=organization, campaign_id=campaign_id)
        line_item.save()
        bump_version(organization=organization, changed={AdLineItem: [line_item.pk]})
    return line_item


@transaction.atomic
def update_line_item(*, organization: Organization, line_item_id: int, changes: Mapping[str, object]) -> AdLineItem:
    """Update the attributes in `changes`."""
    line_item = lock_line_item(organization=organization, line_item_id=line_item_id)
    change_level(line_item, changes)
    line_item.save()
    bump_version(organization=organization, changed={AdLineItem: [line_item.pk]})
    synchronise_deliveries(organization=organization, level=line_item, changes=changes)
    return line_item


@transaction.atomic
def delete_line_item(*, organization: Organization, line_item_id: int, now: datetime) -> AdLineItem:
    """Soft-delete a line item and everything below it."""
    line_item = lock_line_item(organization=organization, line_item_id=line_item_id)
    mark_deleted(line_item, now=now)
    mark_children_deleted(AdGroup.objects.filter(line_item=line_item), now=now)
    mark_children_deleted(AdUnit.objects.filter(creative_group__line_item=line_item), now=now)
    bump_version(organization=organization, changed={AdLineItem: [line_item.pk]})
    synchronise_deliveries(organization=organization, level=line_item)
    return line_item


def lock_line_item(*, organization: Organization, line_item_id: int) -> AdLineItem:
    """The line item, locked until the transaction ends; DomainError `not_found` if it is deleted."""
    line_item = (
        AdLineItem.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=line_item_id, deleted_at__isnull=True)
        .first()
    )
    if line_item is None:
        raise not_found("Line item")
    line_item.organization = organization
    return line_item
