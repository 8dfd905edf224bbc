"""Creative groups and their targets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.models import AdGroup, AdUnit
from campaigns.queries.groups import get_group
from campaigns.services.levels import apply_changes, mark_children_deleted, mark_deleted
from campaigns.services.line_items import lock_line_item
from campaigns.services.targets import replace_targets
from customers.errors import not_found
from customers.models import Organization
from customers.services.organizations import raise_version


@transaction.atomic
def create_group(*, organization: Organization, line_item_id: int, attributes: Mapping[str, Any]) -> AdGroup:
    """Make a creative group.

    `attributes`: `name`, `starts_at`, `ends_at`, `status`, and optionally `display_name`, `targets`.
    """
    attributes = dict(attributes)
    targets = attributes.pop("targets", [])
    group = AdGroup(organization=organization)
    apply_changes(group, attributes)
    group.line_item = lock_line_item(organization=organization, line_item_id=line_item_id)
    group.save()
    if targets:
        replace_targets(organization=organization, owner=group, targets=targets)
    raise_version(organization=organization)
    return get_group(organization=organization, group_id=group.pk)


@transaction.atomic
def update_group(*, organization: Organization, group_id: int, changes: Mapping[str, Any]) -> AdGroup:
    """Change what is named in `changes` (the attributes of `create_group`) and nothing else."""
    changes = dict(changes)
    targets = changes.pop("targets", None)
    group = lock_group(organization=organization, group_id=group_id)
    apply_changes(group, changes)
    group.save()
    if targets is not None:
        replace_targets(organization=organization, owner=group, targets=targets)
    raise_version(organization=organization)
    return get_group(organization=organization, group_id=group_id)


@transaction.atomic
def delete_group(*, organization: Organization, group_id: int, now: datetime) -> AdGroup:
    """Take a group and its creative out of every read."""
    lock_group(organization=organization, group_id=group_id)
    group = get_group(organization=organization, group_id=group_id)
    mark_deleted(group, now=now)
    mark_children_deleted(AdUnit.objects.filter(group=group), now=now)
    raise_version(organization=organization)
    return group


def lock_group(*, organization: Organization, group_id: int) -> AdGroup:
    """The living group, locked until the transaction ends; DomainError `not_found`."""
    group = (
        AdGroup.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=group_id, deleted_at__isnull=True)
        .first()
    )
    if group is None:
        raise not_found("Creative group")
    return group
