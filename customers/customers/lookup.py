"""Customers by the ids that callers know them by."""

import uuid
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from django.db import connection

from customers.errors import not_found
from customers.models import Customer, CustomerAlias, Organization
from customers.models.identifier import as_uuid
from customers.named_sql import NamedSQL
from customers.prepared import PreparedQuery

SQL = NamedSQL(__file__)

Answer = TypeVar("Answer")

_by_external_id = PreparedQuery(
    lambda organization_id, external_id: Customer.objects.filter(
        organization_id=organization_id, external_id=external_id
    ),
    organization_id=int,
    external_id=str,
)
_by_alias = PreparedQuery(
    lambda organization_id, external_id: CustomerAlias.objects.filter(
        organization_id=organization_id, external_id=external_id
    ).select_related("customer"),
    organization_id=int,
    external_id=str,
)
_by_uuid = PreparedQuery(
    lambda organization_id, identity: Customer.objects.filter(organization_id=organization_id, uuid=identity),
    organization_id=int,
    identity=uuid.UUID,
)
_by_former_uuid = PreparedQuery(
    lambda organization_id, identity: CustomerAlias.objects.filter(
        organization_id=organization_id, uuid=identity
    ).select_related("customer"),
    organization_id=int,
    identity=uuid.UUID,
)

FIND_CUSTOMER_IDS = SQL("find_customer_ids")


def find_customer_ids(
    *, organization: Organization, identities: Collection[uuid.UUID], external_ids: Collection[str]
) -> tuple[dict[uuid.UUID, int], dict[str, int]]:
    """The primary keys of many customers by uuid and by external id, including former ones, in one statement."""
    values: Any = {"organization": organization.pk, "identities": list(identities), "external_ids": list(external_ids)}
    by_identity: dict[uuid.UUID, int] = {}
    by_external_id: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(FIND_CUSTOMER_IDS, values)
        for customer_id, identity, external_id in cursor.fetchall():
            if identity is None:
                by_external_id[external_id] = customer_id
            else:
                by_identity[identity] = customer_id
    return by_identity, by_external_id


def find_customer(*, organization: Organization, customer_id: str) -> Customer | None:
    """The customer with an external id, or the one that its former owner was merged into; None if there is none."""
    customer = _by_external_id.first(organization_id=organization.pk, external_id=customer_id)
    if customer is not None:
        return customer
    alias = _by_alias.first(organization_id=organization.pk, external_id=customer_id)
    return None if alias is None else alias.customer


def find_customer_by_uuid(*, organization: Organization, identity: uuid.UUID) -> Customer | None:
    """The customer with a uuid, or the one that its former owner was merged into; None if there is none."""
    customer = _by_uuid.first(organization_id=organization.pk, identity=identity)
    if customer is not None:
        return customer
    alias = _by_former_uuid.first(organization_id=organization.pk, identity=identity)
    return None if alias is None else alias.customer


def read_of_living(*, organization: Organization, customer: Customer, read: Callable[[Customer], Answer]) -> Answer:
    """What `read` returns for a customer, or for the surviving one if they are merged in the meantime.

    `read` may take several statements: with a merge between two of them it would see half of the customer's rows.
    """
    while True:
        answer = read(customer)
        surviving = find_customer_by_uuid(organization=organization, identity=customer.uuid)
        if surviving is None or surviving.pk == customer.pk:
            return answer
        customer = surviving


def get_customer(*, organization: Organization, customer_id: str) -> Customer:
    """The same as `find_customer`, but DomainError `not_found` if there is none."""
    # PostgreSQL's text has no NUL, so no id has one.
    storable = "\x00" not in customer_id
    return _found(find_customer(organization=organization, customer_id=customer_id) if storable else None)


def get_customer_by_uuid(*, organization: Organization, user_id: str) -> Customer:
    """The same as `find_customer_by_uuid`, but DomainError `not_found` if there is none, or if it is no uuid."""
    identity = as_uuid(user_id)
    return _found(None if identity is None else find_customer_by_uuid(organization=organization, identity=identity))


def _found(customer: Customer | None) -> Customer:
    if customer is None:
        raise not_found("Customer")
    return customer
