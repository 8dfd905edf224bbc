"""Living line items of an organization."""

from django.db.models import QuerySet

from campaigns.models import AdCampaign, AdLineItem
from customers.errors import not_found
from customers.models import Organization
from customers.queries.prepared import PreparedQuery


def line_items_of(*, organization: Organization, campaign: AdCampaign) -> QuerySet[AdLineItem]:
    """The living line items of a campaign, newest first (there is at most one)."""
    return _living(organization.pk).filter(campaign=campaign)


def get_line_item(*, organization: Organization, line_item_id: int) -> AdLineItem:
    """One living line item; DomainError `not_found` where the organization has none."""
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
