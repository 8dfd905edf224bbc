"""Customers by what is known of them (contract 3, Business Events: a search specification)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg import sql

from customers.errors import DomainError, Kind
from customers.models import Customer, CustomerField, Organization
from customers.models.attribute_value import Kept, text_of
from customers.models.schema import check_attributes
from customers.queries.schemas import fields_of
from customers.services.schemas import field_of_unique_index

MAXIMUM_FIELDS = 20
# Names and the organization stand in the statement itself, so that the index of a unique field serves it.
FIND = "SELECT id FROM customers_customer WHERE organization_id = {organization} AND {conditions} ORDER BY id LIMIT 1"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))"


@transaction.atomic
def find_or_create_by_attributes(*, organization: Organization, attributes: Mapping[str, Any]) -> Customer:
    """The customer (the oldest, where several) who has all these attributes; a new anonymous one where there is none.

    The new one has the attributes, and waits for the id that the organization knows it by. DomainError
    `invalid_fields` names every field that the schema doesn't have, or whose value is of another type.
    """
    schema = list(fields_of(organization=organization))
    checked = check_attributes(schema, attributes)
    refused = {**checked.refused, **dict.fromkeys(checked.cleared, "A value is required to search by.")}
    if refused or not checked.kept or len(checked.kept) > MAXIMUM_FIELDS:
        raise _invalid_fields(refused)
    # One search for the same customer at a time, or each of two would create one.
    spelled = sorted(checked.kept.items())
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"customer search {organization.pk} {spelled}"])
    return _find(organization, checked.kept) or _create(organization, schema, checked.kept)


def _create(organization: Organization, schema: list[CustomerField], kept: Mapping[str, Kept]) -> Customer:
    identity = uuid.uuid4()
    consent = organization.default_consent
    customer = Customer(
        organization=organization,
        uuid=identity,
        external_id=str(identity),
        is_anonymous=True,
        attributes=dict(kept),
        consent=consent,
        email_consent=consent,
        push_consent=consent,
    )
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        name = field_of_unique_index(schema, error)
        raise _invalid_fields({name: "Another customer has this value."}) from error
    return customer


def _find(organization: Organization, kept: Mapping[str, Kept]) -> Customer | None:
    conditions = [
        sql.SQL("(attributes ->> {name}) = {value}").format(name=sql.Literal(name), value=sql.Placeholder())
        for name in kept
    ]
    statement = sql.SQL(FIND).format(
        organization=sql.Literal(organization.pk), conditions=sql.SQL(" AND ").join(conditions)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [text_of(value) for value in kept.values()])
        row = cursor.fetchone()
    return None if row is None else Customer(id=row[0], organization=organization)


def _invalid_fields(refused: Mapping[str, str]) -> DomainError:
    fields = {name: [sentence] for name, sentence in refused.items()}
    return DomainError(Kind.INVALID, "invalid_fields", "The customer can't be searched by these fields.", fields=fields)
