"""Offers as operators define them; `issued_offers` gives them to customers."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from campaigns.models import Offer
from campaigns.services.levels import constraints_as_errors
from customers.errors import invalid
from customers.models import Organization
from customers.services.organizations import raise_version


def create_offer(*, organization: Organization, attributes: Mapping[str, Any]) -> Offer:
    """Make an offer.

    `attributes`: `name`, and optionally `guid` (generated when absent), `points`, `description`, `total_limit`,
    `limit_per_customer`, `starts_at`, `ends_at`. DomainError `validation` for a guid that is taken.
    """
    offer = Offer(organization=organization, **attributes)
    if offer.starts_at and offer.ends_at and offer.ends_at <= offer.starts_at:
        raise invalid(ends_at="ends_at must be after starts_at.")
    with constraints_as_errors(), transaction.atomic():
        offer.save()
        raise_version(organization=organization)
    return offer
