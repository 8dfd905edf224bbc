"""The schema of customers, and the indexes that keep its promises."""

from collections.abc import Iterable

from django.db import IntegrityError, connection, transaction
from psycopg import sql

from customers.errors import invalid
from customers.jobs import look_now
from customers.models import CustomerField
from customers.services.field_uses import lock_field, refuse_change, refuse_retired, refuse_used, retire
from customers.services.organizations import raise_version

UNIQUE_INDEX = "customer_field_{id}_unique"


@transaction.atomic
def save_field(*, field: CustomerField) -> CustomerField:
    """Save a field of the schema; a unique one gets a unique index, so that the database keeps the promise.

    DomainError `validation` where two customers already share a value, the type or organization is another one, or the
    name is while it is used or has values (it says where).
    """
    before = lock_field(field=field) if field.pk else None
    if before is not None:
        refuse_change(before=before, after=field)
    if before is None or before.name != field.name:
        refuse_retired(field=field)
    field.save()
    look_now("customers.look_after_field_indexes")
    drop_unique_index(field=field)
    if field.unique:
        statement = sql.SQL(
            "CREATE UNIQUE INDEX {name} ON customers_customer ((attributes ->> {field})) WHERE organization_id = {id}"
        ).format(
            name=sql.Identifier(UNIQUE_INDEX.format(id=field.pk)),
            field=sql.Literal(field.name),
            id=sql.Literal(field.organization_id),
        )
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except IntegrityError as error:
            raise invalid(unique="Two customers already share a value of this field.") from error
    raise_version(organization=field.organization)
    return field


@transaction.atomic
def delete_field(*, field: CustomerField) -> None:
    """Take a field out of the schema, and its values from all customers, which takes a while.

    DomainError `validation` says where it is still used.
    """
    kept = lock_field(field=field)
    refuse_used(field=kept, attribute="name")
    retire(field=kept)
    drop_unique_index(field=kept)
    kept.delete()
    raise_version(organization=field.organization)
    look_now("customers.look_after_field_indexes")


def drop_unique_index(*, field: CustomerField) -> None:
    """Take away a field's unique index, if it has one."""
    name = sql.Identifier(UNIQUE_INDEX.format(id=field.pk))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(name))


def field_of_unique_index(schema: Iterable[CustomerField], error: IntegrityError) -> str:
    """The name of the field whose unique index an IntegrityError broke; raises the error where it is no such index."""
    broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    for field in schema:
        if broken == UNIQUE_INDEX.format(id=field.pk):
            return field.name
    raise error
