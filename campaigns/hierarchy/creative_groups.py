"""Creative groups: read with `group_targets`, created, updated, soft-deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from campaigns.hierarchy.levels import change_level, mark_children_deleted, mark_deleted
from campaigns.hierarchy.line_items import lock_line_item
from campaigns.hierarchy.targets import replace_targets, targets_of, targets_of_groups
from campaigns.models import AdGroup, AdLineItem, AdUnit
from campaigns.schedule.synchronise import synchronise_deliveries
from customers.errors import not_found
from customers.models import Organization
from customers.organizations.organizations import bump_version
from customers.prepared import PreparedQuery


def groups_of(*, organization: Organization, line_item: AdLineItem) -> QuerySet[AdGroup]:
    """The groups of a line item that aren't deleted, newest first; `attach_targets` adds targets to a page of them."""
    return _living(organization.pk).filter(line_item=line_item)


def attach_targets(groups: Sequence[AdGroup]) -> Sequence[AdGroup]:
    """Set `group_targets` of each group, with one query whatever their number."""
    rows: Sequence[Any] = groups
    targets = targets_of_groups([group.pk for group in rows])
    for group in rows:
        group.group_targets = targets.get(group.pk, [])
    return groups


def get_group(*, organization: Organization, group_id: int) -> AdGroup:
    """One group; DomainError `not_found` if the organization has none, or it is deleted."""
    group = _by_id.first(organization_id=organization.pk, group_id=group_id)
    if group is None:
        raise not_found("Creative group")
    return group


def _living(organization_id: int) -> QuerySet[AdGroup]:
    return AdGroup.objects.filter(organization_id=organization_id, deleted_at__isnull=True).order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, group_id: (
        _living(organization_id).filter(id=group_id).annotate(group_targets=targets_of("creative_group", "id"))
    ),
    organization_id=int,
    group_id=int,
)


@transaction.atomic
def create_group(*, organization: Organization, line_item_id: int, attributes: Mapping[str, object]) -> AdGroup:
    """Create a creative group.

    `attributes`: `name`, `starts_at`, `ends_at`, `status`, and optionally `display_name`, `targets`.
    """
    attributes = dict(attributes)
    targets = attributes.pop("targets", None)
    group = AdGroup(organization=organization)
    conditions = change_level(group, attributes, targets=targets)
    group.line_item = lock_line_item(organization=organization, line_item_id=line_item_id)
    group.save()
    if conditions:
        replace_targets(owner=group, conditions=conditions)
    bump_version(organization=organization, changed={AdGroup: [group.pk]})
    return get_group(organization=organization, group_id=group.pk)


@transaction.atomic
def update_group(*, organization: Organization, group_id: int, changes: Mapping[str, object]) -> AdGroup:
    """Update the attributes in `changes` (those of `create_group`)."""
    changes = dict(changes)
    targets = changes.pop("targets", None)
    group = lock_group(organization=organization, group_id=group_id)
    conditions = change_level(group, changes, targets=targets)
    group.save()
    if targets is not None:
        replace_targets(owner=group, conditions=conditions)
    bump_version(organization=organization, changed={AdGroup: [group.pk]})
    synchronise_deliveries(organization=organization, level=group, changes=changes)
    return get_group(organization=organization, group_id=group_id)


@transaction.atomic
def delete_group(*, organization: Organization, group_id: int, now: datetime) -> AdGroup:
    """Soft-delete a group and its creative."""
    lock_group(organization=organization, group_id=group_id)
    group = get_group(organization=organization, group_id=group_id)
    mark_deleted(group, now=now)
    mark_children_deleted(AdUnit.objects.filter(creative_group=group), now=now)
    bump_version(organization=organization, changed={AdGroup: [group.pk]})
    synchronise_deliveries(organization=organization, level=group)
    return group


def lock_group(*, organization: Organization, group_id: int) -> AdGroup:
    """The group, locked until the transaction ends; DomainError `not_found` if it is deleted."""
    group = _lock.first(organization_id=organization.pk, group_id=group_id)
    if group is None:
        raise not_found("Creative group")
    group.organization = organization
    return group


_lock = PreparedQuery(
    lambda organization_id, group_id: AdGroup.objects.select_for_update(no_key=True).filter(
        organization_id=organization_id, id=group_id, deleted_at__isnull=True
    ),
    organization_id=int,
    group_id=int,
)
