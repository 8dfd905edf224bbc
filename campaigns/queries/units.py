"""Living creatives of an organization."""

from django.db.models import QuerySet

from campaigns.models import AdGroup, AdUnit
from customers.errors import not_found
from customers.models import Organization
from customers.queries.prepared import PreparedQuery


def units_of(*, organization: Organization, group: AdGroup) -> QuerySet[AdUnit]:
    """The living creatives of a group, newest first (there is at most one)."""
    return _living(organization.pk).filter(group=group)


def get_unit(*, organization: Organization, unit_id: int) -> AdUnit:
    """One living creative; DomainError `not_found` where the organization has none."""
    unit = _by_id.first(organization_id=organization.pk, unit_id=unit_id)
    if unit is None:
        raise not_found("Creative")
    return unit


def _living(organization_id: int) -> QuerySet[AdUnit]:
    return AdUnit.objects.filter(organization_id=organization_id, deleted_at__isnull=True).order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, unit_id: _living(organization_id).filter(id=unit_id),
    organization_id=int,
    unit_id=int,
)
