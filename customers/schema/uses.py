"""Who uses a field of the schema, and what becomes of its values when it is deleted.

Rows that name fields are found through their models (`customers.models.field_use`), so this app needs no knowledge of
the apps above it. Writers of such rows lock the fields FOR SHARE (`hold_schema`), and whoever changes a field locks it
exclusively, so neither can miss the other.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, transaction

from customers.errors import invalid
from customers.models import Customer, CustomerField, RetiredField
from customers.models.field_use import NamesFields
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

MOST_NAMED = 10
BATCH_SIZE = 2_000
# Requests that began before the field was deleted, and may still write a value of it, have ended by then.
GRACE_SECONDS = 60
# The oldest deleted field with values left. Locks its row; skips those that another worker has locked.
LOCK_RETIRED_FIELD = """
SELECT id, organization_id, name, after_id, found_any FROM customers_retiredfield
WHERE created_at <= now() - make_interval(secs => %s::int) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
CLEAR_FIELD_VALUES = SQL("clear_field_values")


def uses_of(*, field: CustomerField) -> list[str]:
    """Where a field is used, a phrase each."""
    return [
        use
        for model in _models()
        for use in model.uses_of_field(organization_id=field.organization_id, name=field.name)
    ]


def lock_field(*, field: CustomerField) -> CustomerField:
    """The stored field, locked: new users of it wait, and this waits for those who are about to use it."""
    return CustomerField.objects.select_for_update().get(pk=field.pk)


def refuse_change(*, before: CustomerField, after: CustomerField) -> None:
    """A field never changes its organization or type, nor its name once it is used or has values."""
    if after.organization_id != before.organization_id:
        raise invalid(organization="A field stays in its organization.")
    if after.type != before.type:
        raise invalid(type="The type of a field can't be changed; make a new field.")
    if after.name == before.name:
        return
    refuse_used(field=before, attribute="name")
    if Customer.objects.filter(organization=before.organization_id, attributes__has_key=before.name).exists():
        raise invalid(name="Customers have values of this field; make a new field.")


def refuse_used(*, field: CustomerField, attribute: str) -> None:
    """DomainError `validation` that says under `attribute` where a field is used."""
    uses = uses_of(field=field)
    if uses:
        raise invalid(**{attribute: uses_sentence(uses)})


def uses_sentence(uses: list[str]) -> str:
    """The sentence that says where a field is used."""
    more = len(uses) - MOST_NAMED
    named = ", ".join(uses[:MOST_NAMED])
    return f"The field is used by {named}{f' and {more} more' if more > 0 else ''}."


def refuse_retired(*, field: CustomerField) -> None:
    """Refuse a name of a deleted field as long as customers may have values of it."""
    if RetiredField.objects.filter(organization=field.organization_id, name=field.name).exists():
        raise invalid(name="Values of a deleted field of this name are still being removed; try again in some minutes.")


def retire(*, field: CustomerField) -> None:
    """Prepare the deletion of a field that nobody uses; its values are removed in the background."""
    for model in _models():
        model.forget_field(organization_id=field.organization_id, name=field.name)
    RetiredField.objects.get_or_create(organization_id=field.organization_id, name=field.name)


@transaction.atomic
def clear_retired_field(*, batch_size: int = BATCH_SIZE) -> bool:
    """Remove the values of a deleted field from the next customers, in one short transaction; False if none is left.

    Once a pass over all customers has found no value, the name is free again.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_RETIRED_FIELD, [GRACE_SECONDS])
        row = cursor.fetchone()
        if row is None:
            return False
        retired_id, organization_id, name, after_id, found_before = row
        values = {"organization": organization_id, "after": after_id, "name": name, "batch_size": batch_size}
        cursor.execute(CLEAR_FIELD_VALUES, values)
        last_id, found_now = cursor.fetchone()
    retired = RetiredField.objects.filter(pk=retired_id)
    if last_id is not None:
        retired.update(after_id=last_id, found_any=found_before or found_now)
    elif found_before:
        retired.update(after_id=0, found_any=False)
    else:
        retired.delete()
    return True


def _models() -> Iterator[type[NamesFields]]:
    return (model for model in apps.get_models() if issubclass(model, NamesFields))
