"""Customers by what is known of them (contract 3, Business Events: a search specification)."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from customers.customers.identity import find_or_create_customer
from customers.customers.lookup import find_customer
from customers.errors import DomainError, ErrorKind
from customers.field_values.field_type import FieldType
from customers.field_values.normalized import NormalizedValue, to_text
from customers.field_values.sql import NUMBERS, PREFIX, digest_expression, indexed_expression, text_expression
from customers.models import Customer, CustomerField, Organization
from customers.models.schema import check_attributes
from customers.schema.fields import field_of_unique_index, fields_of

MAXIMUM_FIELDS = 20
# The customer's own id; a reserved name, which no field of a schema can have.
ID = "id"
TABLE = "customers_customer"
# Names and the organization are literals, so that the indexes of fields serve it. Ordered by id: if many customers
# match, a scan soon meets the first; if few do, an index finds them. Locks nothing.
FIND_BY_ATTRIBUTES = """
SELECT id FROM customers_customer
WHERE organization_id = {organization} AND is_anonymous = {is_anonymous} AND {conditions} ORDER BY id LIMIT 1
"""
LOCK_SEARCH = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))"
UNMARKED = "Customers can't be searched by this field alone: mark it (or another one) unique or targetable."


@transaction.atomic
def find_or_create_by_attributes(*, organization: Organization, attributes: Mapping[str, object]) -> Customer:
    """The customer who has all these attributes: the oldest known one, else the oldest anonymous one, else a new one.

    A new one has the attributes, and waits for the id that the organization knows it by. With `id` it is that customer,
    or a new known one. DomainError `invalid_fields` names every field that the schema doesn't have, whose value is of
    another type (or not that of the customer of the `id`), and those that say what to mark where none is indexed.
    """
    schema = list(fields_of(organization=organization))
    customer_id = attributes.get(ID)
    checked = check_attributes(schema, {name: value for name, value in attributes.items() if name != ID})
    texts = {field.name for field in schema if field.type == FieldType.STRING} & checked.values.keys()
    lacking = [*checked.cleared, *(name for name in texts if _is_nobodys(str(checked.values[name])))]
    refused = {**checked.errors, **dict.fromkeys(lacking, "A value is required to search by.")}
    if refused or not attributes or len(attributes) > MAXIMUM_FIELDS:
        raise _invalid_fields(refused)
    if customer_id is not None:
        return _of_id(organization, schema, str(customer_id), checked.values)
    fields = {field.name: field for field in schema if field.name in checked.values}
    if not any(field.unique or field.targetable for field in fields.values()):
        raise _invalid_fields(dict.fromkeys(fields, UNMARKED))
    # One search for the same customer at a time, or each of two would create one.
    spelled = sorted(checked.values.items())
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SEARCH, [f"customer search {organization.pk} {spelled}"])
    return _find(organization, fields, checked.values) or _create(organization, schema, checked.values)


def _is_nobodys(text: str) -> bool:
    """Whether a text is blank, or what scripts send if they know none: searching by it would merge strangers."""
    return not text.strip() or text.strip().lower() in settings.REFUSED_CUSTOMER_IDS


def _of_id(
    organization: Organization, schema: list[CustomerField], customer_id: str, values: Mapping[str, NormalizedValue]
) -> Customer:
    """The customer with an id, whose attributes must not differ from `values`; a new one gets them."""
    known = find_customer(organization=organization, customer_id=customer_id)
    if known is None:
        customer = find_or_create_customer(organization=organization, customer_id=customer_id)
        with _unique_values(schema):
            Customer.objects.filter(pk=customer.pk).update(attributes=dict(values))
        return customer
    others = [name for name, value in values.items() if known.attributes.get(name) != value]
    if others:
        raise _invalid_fields(dict.fromkeys(others, "The customer of this id has another value."))
    return known


def _create(organization: Organization, schema: list[CustomerField], values: Mapping[str, NormalizedValue]) -> Customer:
    identity = uuid.uuid4()
    consent = organization.default_consent
    customer = Customer(
        organization=organization,
        uuid=identity,
        external_id=str(identity),
        is_anonymous=True,
        attributes=dict(values),
        consent=consent,
        email_consent=consent,
        push_consent=consent,
    )
    with _unique_values(schema):
        customer.save()
    return customer


@contextmanager
def _unique_values(schema: list[CustomerField]) -> Iterator[None]:
    """Turn a broken unique index of the block into an error that names the field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = field_of_unique_index(schema, error)
        raise _invalid_fields({name: "Another customer has this value."}) from error


def _find(
    organization: Organization, fields: Mapping[str, CustomerField], values: Mapping[str, NormalizedValue]
) -> Customer | None:
    conditions = sql.SQL(" AND ").join(_condition(field) for field in fields.values())
    texts = {name: to_text(values[name]) for name in fields}
    with connection.cursor() as cursor:
        for is_anonymous in (False, True):
            statement = sql.SQL(FIND_BY_ATTRIBUTES).format(
                organization=sql.Literal(organization.pk), is_anonymous=is_anonymous, conditions=conditions
            )
            cursor.execute(statement, texts)
            row = cursor.fetchone()
            if row is not None:
                return Customer(id=row[0], organization=organization)
    return None


def _condition(field: CustomerField) -> sql.Composable:
    """The condition that the field has a value, on the expression of its index."""
    text = text_expression(field.name, TABLE)
    value = f"%({field.name})s::text"
    if field.unique:
        return sql.SQL(f"{digest_expression(text)} = {digest_expression(value)}")
    if not field.targetable:
        return sql.SQL(f"{text} = {value}")
    indexed = indexed_expression(field.name, field.type, TABLE)
    if field.type in NUMBERS:
        return sql.SQL(f"{indexed} = {value}::numeric")
    return sql.SQL(f"({indexed} = left({value}, {PREFIX}) AND {text} = {value})")


def _invalid_fields(refused: Mapping[str, str]) -> DomainError:
    fields = {name: [sentence] for name, sentence in refused.items()}
    return DomainError(
        ErrorKind.INVALID, "invalid_fields", "The customer can't be searched by these fields.", fields=fields
    )
