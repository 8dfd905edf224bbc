"""The customer that an id stands for, created if nobody has it yet."""

import uuid
from typing import Any

from django.db import connection

from customers.customers.lookup import find_customer, get_customer
from customers.models import Customer, Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

CREATE_CUSTOMER = SQL("create_customer")


def find_or_create_customer(*, organization: Organization, customer_id: str | None) -> Customer:
    """The customer with an id; a new known one if nobody has the id, a new anonymous one if there is no id.

    An anonymous customer's external id is its uuid, so that a client that sends it back finds the same customer.
    """
    if customer_id is None:
        return _create(organization, str(uuid.uuid4()), is_anonymous=True)
    found = find_customer(organization=organization, customer_id=customer_id)
    return found or _create(organization, customer_id, is_anonymous=False)


def _create(organization: Organization, customer_id: str, *, is_anonymous: bool) -> Customer:
    consent = organization.default_consent
    identity = customer_id if is_anonymous else str(uuid.uuid4())
    with connection.cursor() as cursor:
        values: list[Any] = [organization.pk, identity, customer_id, is_anonymous, consent, consent, consent]
        cursor.execute(CREATE_CUSTOMER, values)
        row = cursor.fetchone()
    if row is not None:
        return Customer(
            id=row[0],
            organization=organization,
            uuid=uuid.UUID(identity),
            external_id=customer_id,
            is_anonymous=is_anonymous,
        )
    return get_customer(organization=organization, customer_id=customer_id)


def lock_customer(*, organization: Organization, customer_id: str) -> Customer:
    """The customer with an id, created if missing, locked against a merge and read again.

    Lock the customer before rows that belong to it, as merges do.
    """
    while True:
        customer = find_or_create_customer(organization=organization, customer_id=customer_id)
        locked = Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).first()
        if locked is not None:
            return locked
        # It has just been merged into another one, which the id now resolves to.
