"""The schema of an organization's customers: its fields, read, saved and deleted."""

import re
from collections.abc import Iterable

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from customers.errors import invalid, not_found
from customers.jobs import enqueue
from customers.models import CustomerField, Organization
from customers.models.broken_constraint import broken_constraint
from customers.models.customer_field import RESERVED_NAMES
from customers.named_sql import NamedSQL
from customers.organizations.organizations import bump_version
from customers.prepared import PreparedStatement
from customers.schema.indexes import is_unique_index_of
from customers.schema.uses import lock_field, refuse_change, refuse_retired, refuse_used, retire

SQL = NamedSQL(__file__)

# As the row's constraint has it.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
# Locks the fields FOR SHARE: nobody renames or deletes them until the transaction ends.
HOLD_FIELDS = PreparedStatement(
    "SELECT name, type FROM customers_customerfield WHERE organization_id = %s::bigint ORDER BY id FOR SHARE"
)


def fields_of(*, organization: Organization) -> QuerySet[CustomerField]:
    """The fields of the schema, oldest first."""
    return CustomerField.objects.filter(organization=organization).order_by("id")


def get_field(*, organization: Organization, name: str) -> CustomerField:
    """One field; DomainError `not_found`."""
    # PostgreSQL has no text with NUL to look for.
    found = None if "\x00" in name else fields_of(organization=organization).filter(name=name).first()
    if found is None:
        raise not_found("Field")
    found.organization = organization
    return found


def get_field_types(*, organization: Organization) -> dict[str, str]:
    """The type of each field by its name: what the targeting language is checked against."""
    return dict(fields_of(organization=organization).values_list("name", "type"))


def hold_schema(*, organization: Organization) -> dict[str, str]:
    """`get_field_types`, for writers of rows that name fields: the fields are locked until the transaction ends."""
    return dict(HOLD_FIELDS.rows([organization.pk]))


HAS_SHARED_VALUE = SQL("has_shared_value")


@transaction.atomic
def save_field(*, field: CustomerField) -> CustomerField:
    """Save a field of the schema. Its indexes are created in the background, within a minute.

    A field that is marked unique is so from `unique_since` on, when its index is valid; if customers come to share a
    value before that, the mark is removed and `unique_problem` says so. DomainError `validation` if two customers
    already share a value, the type or organization changes, the name is taken, or the name changes while the field is
    used or has values (it says where).
    """
    _refuse_name(field.name)
    before = lock_field(field=field) if field.pk else None
    if before is not None:
        refuse_change(before=before, after=field)
    if before is None or before.name != field.name:
        refuse_retired(field=field)
    is_kept_unique = before is not None and before.unique and before.name == field.name
    field.unique_since = before.unique_since if before is not None and is_kept_unique and field.unique else None
    if field.unique:
        if not is_kept_unique:
            _refuse_shared(field)
        field.unique_problem = ""
    _save_row(field)
    bump_version(organization=field.organization, changed={CustomerField: [field.pk]})
    enqueue("customers.maintain_field_indexes")
    return field


def _refuse_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise invalid(name="A letter, and then letters, digits, underscores and hyphens are expected; 63 at most.")
    if name in RESERVED_NAMES:
        raise invalid(name="A word that has no meaning of its own in targeting.")


def _save_row(field: CustomerField) -> None:
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as error:
        if broken_constraint(error) != "customer_field_name_unique":
            raise
        raise invalid(name="The schema already has a field of this name.") from error


def _refuse_shared(field: CustomerField) -> None:
    with connection.cursor() as cursor:
        cursor.execute(HAS_SHARED_VALUE, {"organization": field.organization_id, "name": field.name})
        if cursor.fetchone()[0]:
            raise invalid(unique="Two customers already share a value of this field.")


@transaction.atomic
def delete_field(*, field: CustomerField) -> None:
    """Remove a field from the schema, and in the background its values from all customers.

    DomainError `validation` says where it is still used.
    """
    locked = lock_field(field=field)
    refuse_used(field=locked, attribute="name")
    retire(field=locked)
    changed = {CustomerField: [locked.pk]}
    locked.delete()
    bump_version(organization=field.organization, changed=changed)
    enqueue("customers.maintain_field_indexes")


def field_of_unique_index(schema: Iterable[CustomerField], error: IntegrityError) -> str:
    """The field whose unique index an IntegrityError is about; re-raises the error if it is about something else."""
    broken = broken_constraint(error)
    for field in schema:
        if is_unique_index_of(field=field, name=broken):
            return field.name
    raise error
