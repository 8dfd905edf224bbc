"""Living creative groups of an organization; each comes, looked up or attached, with `group_targets`."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from campaigns.models import AdGroup, AdLineItem
from campaigns.queries.targets import targets_of, targets_of_many
from customers.errors import not_found
from customers.models import Organization
from customers.queries.prepared import PreparedQuery


def groups_of(*, organization: Organization, line_item: AdLineItem) -> QuerySet[AdGroup]:
    """The living groups of a line item, newest first; `attach_targets` brings the targets of a page of them."""
    return _living(organization.pk).filter(line_item=line_item)


def attach_targets(groups: Sequence[AdGroup]) -> Sequence[AdGroup]:
    """Give each group its `group_targets`, with one query whatever their number."""
    rows: Sequence[Any] = groups
    targets = targets_of_many("group", [group.pk for group in rows])
    for group in rows:
        group.group_targets = targets.get(group.pk, [])
    return groups


def get_group(*, organization: Organization, group_id: int) -> AdGroup:
    """One living group; DomainError `not_found` where the organization has none."""
    group = _by_id.first(organization_id=organization.pk, group_id=group_id)
    if group is None:
        raise not_found("Creative group")
    return group


def _living(organization_id: int) -> QuerySet[AdGroup]:
    return AdGroup.objects.filter(organization_id=organization_id, deleted_at__isnull=True).order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, group_id: (
        _living(organization_id).filter(id=group_id).annotate(group_targets=targets_of("group", "id"))
    ),
    organization_id=int,
    group_id=int,
)
