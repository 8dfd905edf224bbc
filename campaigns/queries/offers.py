"""Offers of an organization (contract 4, section A "offers")."""

from django.db.models import QuerySet

from campaigns.models import IssuedOffer, Offer
from customers.errors import not_found
from customers.models import Customer, Organization
from customers.queries.prepared import PreparedQuery


def offers_of(*, organization: Organization) -> QuerySet[Offer]:
    """The offers, newest first."""
    return Offer.objects.filter(organization=organization).order_by("-id")


def get_offer(*, organization: Organization, offer_id: int) -> Offer:
    """One offer; DomainError `not_found` where the organization has none."""
    offer = _by_id.first(organization_id=organization.pk, offer_id=offer_id)
    if offer is None:
        raise not_found("Offer")
    return offer


def issued_offers_of(*, organization: Organization, customer: Customer) -> QuerySet[IssuedOffer]:
    """What a customer was issued, whatever became of it, newest first; each with its offer."""
    issued = IssuedOffer.objects.filter(organization=organization, customer=customer)
    return issued.select_related("offer").order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, offer_id: Offer.objects.filter(organization_id=organization_id, id=offer_id),
    organization_id=int,
    offer_id=int,
)
