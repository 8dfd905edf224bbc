"""Customers as operators write them: whole records and aliases; clients write attributes only (`customers`)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, connection, transaction
from psycopg import sql

from customers.errors import ErrorCollector, invalid
from customers.field_values.normalized import to_text
from customers.models import Customer, CustomerAlias, CustomerField, Organization
from customers.models.broken_constraint import broken_constraint
from customers.models.schema import check_attributes
from customers.schema.fields import field_of_unique_index, fields_of

MAXIMUM_ID = 255
# The organization and the name are literals, so that the index of a unique field serves it. Locks nothing.
FIND_OTHER_WITH_VALUE = """
SELECT FROM customers_customer WHERE organization_id = {organization} AND (attributes ->> {name}) = %s
    AND id <> %s LIMIT 1
"""
TAKEN = "Another customer has this id, or had it before they were merged."


class CustomerChanges(TypedDict, total=False):
    """What operators can change of a customer."""

    external_id: str | None
    attributes: Mapping[str, object]
    tags: Sequence[str]
    consent: bool
    email_consent: bool
    push_consent: bool


@transaction.atomic
def create_customer(*, organization: Organization, **values: Unpack[CustomerChanges]) -> Customer:
    """Make a known customer.

    It needs an `external_id`, and `attributes` with the schema's required fields. DomainError `validation` names all
    that breaks a rule.
    """
    return _save(Customer(organization=organization), values)


@transaction.atomic
def update_customer(*, customer: Customer, **changes: Unpack[CustomerChanges]) -> Customer:
    """Change what is named (as in `create_customer`) of a customer whom the caller has locked, and nothing else."""
    return _save(customer, changes)


@transaction.atomic
def create_alias(*, customer: Customer, external_id: str) -> CustomerAlias:
    """Let another id resolve to a customer, whom the caller has locked; DomainError `validation` if it is taken."""
    errors = ErrorCollector()
    _check_id(customer, external_id, errors)
    errors.raise_if_any()
    return CustomerAlias.objects.create(
        organization_id=customer.organization_id, customer=customer, external_id=external_id, uuid=uuid.uuid4()
    )


def _save(customer: Customer, changes: Mapping[str, Any]) -> Customer:
    errors = ErrorCollector()
    values = dict(changes)
    if "external_id" in values:
        _check_id(customer, values["external_id"], errors)
    schema = list(fields_of(organization=customer.organization))
    if "attributes" in values:
        values["attributes"] = _checked(customer, schema, values["attributes"] or {}, errors)
        _refuse_shared(customer, schema, values["attributes"], errors)
    if "tags" in values:
        values["tags"] = list(dict.fromkeys(values["tags"] or ()))
    errors.raise_if_any()
    for name, value in values.items():
        setattr(customer, name, value)
    try:
        with transaction.atomic():
            customer.save(update_fields=None if customer.pk is None else [*values, "updated_at"])
    except IntegrityError as error:
        if broken_constraint(error) == "customer_external_id_unique":
            raise invalid(external_id=TAKEN) from error
        name = field_of_unique_index(schema, error)
        raise invalid(attributes=f"{name}: Another customer has this value.") from error
    return customer


def _checked(
    customer: Customer, schema: Sequence[CustomerField], attributes: Mapping[str, Any], errors: ErrorCollector
) -> dict[str, Any]:
    """All attributes, normalized; a missing one is cleared, unless its field is required."""
    is_new = customer.pk is None
    absent = {field.name for field in schema if field.name in customer.attributes or (is_new and field.required)}
    checked = check_attributes(schema, dict.fromkeys(absent) | dict(attributes))
    for name, sentence in checked.errors.items():
        errors.add("attributes", f"{name}: {sentence}")
    return checked.values


def _refuse_shared(
    customer: Customer, schema: Sequence[CustomerField], attributes: Mapping[str, Any], errors: ErrorCollector
) -> None:
    """Look for the values: the index of a unique field may not exist yet, and reports one field only."""
    for field in schema:
        value = attributes.get(field.name)
        if not field.unique or value is None or value == customer.attributes.get(field.name):
            continue
        values = {"organization": sql.Literal(customer.organization_id), "name": sql.Literal(field.name)}
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(FIND_OTHER_WITH_VALUE).format(**values), [to_text(value), customer.pk or 0])
            if cursor.rowcount:
                errors.add("attributes", f"{field.name}: Another customer has this value.")


def _check_id(customer: Customer, external_id: str | None, errors: ErrorCollector) -> None:
    if not external_id or len(external_id) > MAXIMUM_ID or "\x00" in external_id:
        errors.add("external_id", f"An id of 1 to {MAXIMUM_ID} characters is expected.")
        return
    own = {"organization_id": customer.organization_id, "external_id": external_id}
    if Customer.objects.filter(**own).exists() or CustomerAlias.objects.filter(**own).exists():
        errors.add("external_id", TAKEN)
