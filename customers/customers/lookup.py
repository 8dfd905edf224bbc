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

MANY = SQL("many")


def find_customer_ids(
    *, organization: Organization, identities: Collection[uuid.UUID], external_ids: Collection[str]
) -> tuple[dict[uuid.UUID, int], dict[str, int]]:
    """The rows' ids of many customers by their uuids and by their external ids, former ones too, in one statement."""
    values: Any = {"organization": organization.pk, "identities": list(identities), "external_ids": list(external_ids)}
    by_identity: dict[uuid.UUID, int] = {}
    by_external_id: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(MANY, values)
        for customer_id, identity, external_id in cursor.fetchall():
            if identity is None:
                by_external_id[external_id] = customer_id
            else:
                by_identity[identity] = customer_id
    return by_identity, by_external_id


def find_customer(*, organization: Organization, customer_id: str) -> Customer | None:
    """The customer of an external id, or the one that the id's former owner was merged into; None for nobody."""
    customer = _by_external_id.first(organization_id=organization.pk, external_id=customer_id)
    if customer is not None:
        return customer
    alias = _by_alias.first(organization_id=organization.pk, external_id=customer_id)
    return None if alias is None else alias.customer


def find_customer_by_uuid(*, organization: Organization, identity: uuid.UUID) -> Customer | None:
    """The customer of a uuid, or the one that the uuid's former owner was merged into; None for nobody."""
    customer = _by_uuid.first(organization_id=organization.pk, identity=identity)
    if customer is not None:
        return customer
    alias = _by_former_uuid.first(organization_id=organization.pk, identity=identity)
    return None if alias is None else alias.customer


def read_of_living(*, organization: Organization, customer: Customer, read: Callable[[Customer], Answer]) -> Answer:
    """What `read`, in however many statements, tells of a customer; of who lives on where they were merged meanwhile.

    A merge moves everything at once: an answer that was put together around it would have the half of it.
    """
    while True:
        answer = read(customer)
        living = find_customer_by_uuid(organization=organization, identity=customer.uuid)
        if living is None or living.pk == customer.pk:
            return answer
        customer = living


def get_customer(*, organization: Organization, customer_id: str) -> Customer:
    """The same as `find_customer`, but DomainError `not_found` for nobody."""
    # PostgreSQL's text has no NUL, so no id has one.
    storable = "\x00" not in customer_id
    return _found(find_customer(organization=organization, customer_id=customer_id) if storable else None)


def get_customer_by_uuid(*, organization: Organization, user_id: str) -> Customer:
    """The same as `find_customer_by_uuid`, but DomainError `not_found` for nobody, and for what is no uuid."""
    identity = as_uuid(user_id)
    return _found(None if identity is None else find_customer_by_uuid(organization=organization, identity=identity))


def _found(customer: Customer | None) -> Customer:
    if customer is None:
        raise not_found("Customer")
    return customer
