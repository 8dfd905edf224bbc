"""Creative groups and their targets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.models import AdGroup, AdUnit
from campaigns.queries.groups import get_group
from campaigns.services.audience_jobs import synchronise_jobs
from campaigns.services.levels import change_level, mark_children_deleted, mark_deleted
from campaigns.services.line_items import lock_line_item
from campaigns.services.targets import replace_targets
from customers.errors import not_found
from customers.models import Organization
from customers.queries.prepared import PreparedQuery
from customers.services.organizations import raise_version


@transaction.atomic
def create_group(*, organization: Organization, line_item_id: int, attributes: Mapping[str, Any]) -> AdGroup:
    """Make a creative group.

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
    raise_version(organization=organization, changed={AdGroup: [group.pk]})
    return get_group(organization=organization, group_id=group.pk)


@transaction.atomic
def update_group(*, organization: Organization, group_id: int, changes: Mapping[str, Any]) -> AdGroup:
    """Change what is named in `changes` (the attributes of `create_group`) and nothing else."""
    changes = dict(changes)
    targets = changes.pop("targets", None)
    group = lock_group(organization=organization, group_id=group_id)
    conditions = change_level(group, changes, targets=targets)
    group.save()
    if targets is not None:
        replace_targets(owner=group, conditions=conditions)
    raise_version(organization=organization, changed={AdGroup: [group.pk]})
    synchronise_jobs(organization=organization, level=group, changes=changes)
    return get_group(organization=organization, group_id=group_id)


@transaction.atomic
def delete_group(*, organization: Organization, group_id: int, now: datetime) -> AdGroup:
    """Take a group and its creative out of every read."""
    lock_group(organization=organization, group_id=group_id)
    group = get_group(organization=organization, group_id=group_id)
    mark_deleted(group, now=now)
    mark_children_deleted(AdUnit.objects.filter(group=group), now=now)
    raise_version(organization=organization, changed={AdGroup: [group.pk]})
    synchronise_jobs(organization=organization, level=group)
    return group


def lock_group(*, organization: Organization, group_id: int) -> AdGroup:
    """The living group, locked until the transaction ends; DomainError `not_found`."""
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
