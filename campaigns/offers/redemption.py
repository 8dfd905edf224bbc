"""Redemption of issued offers: each once, and not after it has expired."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction

from campaigns.customer_facts.locking import CustomerGoneError, for_living
from campaigns.models import IssuedOffer
from customers.errors import DomainError, ErrorKind, not_found
from customers.models import Customer, Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# A statement of its own: the next one sees the rows that a merge has moved while this one waited for it.
LOCK_CUSTOMER = "SELECT id FROM customers_customer WHERE id = %(customer)s::bigint FOR KEY SHARE"
REDEEM_OFFER = SQL("redeem_offer")


def redeem_offer(*, organization: Organization, customer: Customer, issued_offer_id: int, now: datetime) -> IssuedOffer:
    """Redeem an offer that was issued to the customer, or to one who was merged into them.

    DomainError `not_found` if it wasn't, `not_available` if it is redeemed or expired.
    """
    work = partial(_redeem, organization, issued_offer_id, now)
    return for_living(organization=organization, customer=customer, work=work)


@transaction.atomic
def _redeem(organization: Organization, issued_offer_id: int, now: datetime, customer: Customer) -> IssuedOffer:
    values: dict[str, Any] = {
        "issued_offer": issued_offer_id,
        "organization": organization.pk,
        "customer": customer.pk,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CUSTOMER, values)
        if cursor.rowcount != 1:
            raise CustomerGoneError
        cursor.execute(REDEEM_OFFER, values)
        is_redeemed = cursor.rowcount == 1
    issued = (
        IssuedOffer.objects.filter(organization=organization, customer=customer, id=issued_offer_id)
        .select_related("offer")
        .first()
    )
    if issued is None:
        raise not_found("Offer")
    if not is_redeemed:
        raise DomainError(ErrorKind.UNAVAILABLE, "not_available", f"The offer is {issued.state(now)}.")
    return issued
