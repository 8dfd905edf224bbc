"""Definitions of offers (contract 4, section A "offers"); `issuing` issues them to customers."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import IssuedOffer, Offer
from campaigns.models.errors import constraints_as_errors
from campaigns.models.offer import MAXIMUM_POINTS
from customers.errors import ErrorCollector, not_found
from customers.models import Customer, Organization
from customers.organizations.organizations import bump_version
from customers.prepared import PreparedQuery


def offers_of(*, organization: Organization) -> QuerySet[Offer]:
    """The offers, newest first."""
    return Offer.objects.filter(organization=organization).order_by("-id")


def get_offer(*, organization: Organization, offer_id: int) -> Offer:
    """One offer; DomainError `not_found` if the organization has none."""
    offer = _by_id.first(organization_id=organization.pk, offer_id=offer_id)
    if offer is None:
        raise not_found("Offer")
    return offer


def issued_offers_of(*, organization: Organization, customer: Customer) -> QuerySet[IssuedOffer]:
    """The offers that were issued to a customer, in any state, newest first; each with its offer."""
    issued = IssuedOffer.objects.filter(organization=organization, customer=customer)
    return issued.select_related("offer").order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, offer_id: Offer.objects.filter(organization_id=organization_id, id=offer_id),
    organization_id=int,
    offer_id=int,
)


MAXIMUM_LIMIT = 2**31 - 1


def create_offer(*, organization: Organization, attributes: Mapping[str, object]) -> Offer:
    """Create an offer.

    `attributes`: `name`, and optionally `guid` (generated when absent), `points`, `description`, `total_limit`,
    `limit_per_customer`, `starts_at`, `ends_at`. DomainError `validation` for a taken guid or wrong values.
    """
    return _save(Offer(organization=organization), attributes)


@transaction.atomic
def update_offer(*, organization: Organization, offer_id: int, changes: Mapping[str, object]) -> Offer:
    """Update the attributes in `changes` (those of `create_offer`); `total_limit` can't be below what is issued."""
    offer = Offer.objects.select_for_update(no_key=True).filter(organization=organization, id=offer_id).first()
    if offer is None:
        raise not_found("Offer")
    offer.organization = organization
    return _save(offer, changes)


def _save(offer: Offer, changes: Mapping[str, object]) -> Offer:
    for name, value in changes.items():
        setattr(offer, name, value)
    _check(offer)
    with constraints_as_errors(), transaction.atomic():
        offer.save(update_fields=None if offer.pk is None else [*changes, "updated_at"])
        bump_version(organization=offer.organization, changed={Offer: [offer.pk]})
    return offer


def _check(offer: Offer) -> None:
    errors = ErrorCollector()
    if offer.starts_at and offer.ends_at and offer.ends_at <= offer.starts_at:
        errors.add("ends_at", "ends_at must be after starts_at.")
    if offer.points is not None and not 0 <= offer.points <= MAXIMUM_POINTS:
        errors.add("points", f"A number from 0 to {MAXIMUM_POINTS} is expected.")
    for name in ("total_limit", "limit_per_customer"):
        limit = getattr(offer, name)
        if limit is not None and not 1 <= limit <= MAXIMUM_LIMIT:
            errors.add(name, f"A number from 1 to {MAXIMUM_LIMIT} is expected.")
    if offer.total_limit is not None and offer.total_limit < offer.issued_count:
        errors.add("total_limit", f"{offer.issued_count} are issued already.")
    errors.raise_if_any()
