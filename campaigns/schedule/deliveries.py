"""Deliveries as callers and operators read them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from campaigns.models import Delivery
from campaigns.models.delivery import ACTIVE_STATES, DeliveryState
from customers.errors import not_found
from customers.models import Organization


def deliveries_of(*, organization: Organization, state: str | None = None) -> QuerySet[Delivery]:
    """The deliveries of the organization, newest first; only those in one state where it is named."""
    deliveries = Delivery.objects.filter(organization=organization).defer("definition").order_by("-id")
    return deliveries if state is None else deliveries.filter(state=state)


def deliveries_to_watch(*, since: datetime) -> QuerySet[Delivery]:
    """Active and waiting deliveries, and those that ended since; of all organizations, for operators."""
    open_ones = Q(state__in=[*ACTIVE_STATES, DeliveryState.PAUSED])
    deliveries = Delivery.objects.filter(open_ones | Q(finished_at__gte=since) | Q(state=DeliveryState.FAILED))
    return (
        deliveries.defer("definition").select_related("creative", "organization").order_by("scheduled_for", "id")[:50]
    )


def get_delivery(*, organization: Organization, delivery_id: int) -> Delivery:
    """One delivery; DomainError `not_found`."""
    delivery = deliveries_of(organization=organization).filter(pk=delivery_id).first()
    if delivery is None:
        raise not_found("Delivery")
    return delivery
