"""A field is unique once its index stands, which is made beside the traffic; operators hear what became of it."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from customers.customers.attributes import save_attributes
from customers.errors import DomainError
from customers.models import Customer, CustomerField, Organization
from customers.schema import indexes
from customers.schema.fields import delete_field, save_field
from customers.schema.indexes import SHARED, FieldIndex, maintain_field_indexes
from tests.factories import make_customer, make_field, make_organization

pytestmark = pytest.mark.django_db(transaction=True)
# What keeps others from writing customers: any lock stronger than that of a writer.
HEAVY = """
SELECT mode FROM pg_locks
WHERE pid = pg_backend_pid() AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
AND relation IN (SELECT 'customers_customer'::regclass
    UNION SELECT indexrelid FROM pg_index WHERE indrelid = 'customers_customer'::regclass)
"""
STANDING = """
SELECT relname FROM pg_class JOIN pg_index ON indexrelid = oid
WHERE indisvalid AND relname ~ '^customer_field_[0-9]+_unique'
"""
OIDS = "SELECT oid FROM pg_class WHERE relname ~ '^customer_field_[0-9]+_unique' ORDER BY oid"


@pytest.fixture(autouse=True)
def _no_index_of_another_test(transactional_db: None) -> None:  # noqa: ARG001
    maintain_field_indexes()


def _rows(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def _marked(organization: Organization, name: str = "email") -> CustomerField:
    return save_field(field=CustomerField(organization=organization, name=name, type="string", unique=True))


def _set(organization: Organization, customer_id: str, email: str) -> None:
    save_attributes(organization=organization, customer_id=customer_id, attributes={"email": email})


def test_a_field_marked_unique_gets_an_index_that_enforces_it() -> None:
    organization, other = make_organization(), make_organization()
    field = _marked(organization)
    make_field(other, "email", "string")
    _set(organization, "1", "a@b.example")
    assert field.unique_since is None
    assert [maintain_field_indexes(), maintain_field_indexes()] == [1, 0]
    field.refresh_from_db()
    assert field.unique_since is not None
    with pytest.raises(DomainError) as refused:
        _set(organization, "2", "a@b.example")
    assert refused.value.fields == {"email": ["Another customer has this value."]}
    _set(other, "2", "a@b.example")


def test_saving_a_field_changes_no_index_and_blocks_no_writer() -> None:
    organization = make_organization()
    field = _marked(organization)
    maintain_field_indexes()
    field.refresh_from_db()
    before = _rows(OIDS), field.unique_since
    for changes in ({"required": True}, {"unique": False}, {"unique": True}, {"name": "mail"}):
        for name, value in changes.items():
            setattr(field, name, value)
        with transaction.atomic():
            save_field(field=field)
            assert _rows(HEAVY) == []
    with transaction.atomic():
        delete_field(field=field)
        assert _rows(HEAVY) == []
    assert _rows(OIDS) == before[0]
    assert maintain_field_indexes() == 1
    assert _rows(OIDS) == []


def test_what_is_saved_as_it_is_stays_unique_and_another_name_begins_anew() -> None:
    field = _marked(make_organization())
    maintain_field_indexes()
    field.refresh_from_db()
    since, oids = field.unique_since, _rows(OIDS)
    field.required = True
    assert save_field(field=field).unique_since == since
    assert (maintain_field_indexes(), _rows(OIDS)) == (0, oids)
    field.name = "mail"
    assert save_field(field=field).unique_since is None
    assert maintain_field_indexes() == 2
    field.refresh_from_db()
    assert field.unique_since is not None
    assert len(_rows(OIDS)) == 1


def test_values_that_collide_are_refused_when_it_is_marked() -> None:
    organization = make_organization()
    field = make_field(organization, "email", "string")
    for customer_id in ("1", "2"):
        _set(organization, customer_id, "a@b.example")
    field.unique = True
    with pytest.raises(DomainError) as refused:
        save_field(field=field)
    assert refused.value.fields.keys() == {"unique"}
    field.refresh_from_db()
    assert not field.unique


def test_duplicate_values_before_the_index_exists_remove_the_mark_and_are_reported() -> None:
    organization = make_organization()
    field = _marked(organization)
    for customer_id in ("1", "2"):
        _set(organization, customer_id, "a@b.example")
    version = Organization.objects.get().version
    maintain_field_indexes()
    field.refresh_from_db()
    assert (field.unique, field.unique_since, field.unique_problem) == (False, None, SHARED)
    assert Organization.objects.get().version > version
    assert _rows(OIDS) == []
    _set(organization, "3", "a@b.example")
    Customer.objects.exclude(external_id="1").delete()
    field.unique = True
    assert save_field(field=field).unique_problem == ""
    maintain_field_indexes()
    field.refresh_from_db()
    assert field.unique_since is not None


def test_a_maker_that_died_before_it_could_tell() -> None:
    field = _marked(make_organization())
    maintain_field_indexes()
    CustomerField.objects.update(unique_since=None)
    assert maintain_field_indexes() == 0
    field.refresh_from_db()
    assert field.unique_since is not None


def test_indexes_of_former_versions_are_taken_over_and_then_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    organization = make_organization()
    field = make_field(organization, "email", "string", unique=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE UNIQUE INDEX customer_field_{field.pk}_unique ON customers_customer ((attributes ->> 'email'))"
            f" WHERE organization_id = {organization.pk}"
        )
    oids = _rows(OIDS)
    with connection.schema_editor() as editor:
        import_module("customers.migrations.0006_unique_since").take_indexes_over(apps, editor)
    assert _rows(OIDS) == oids
    field.refresh_from_db()
    since = field.unique_since
    assert since is not None
    steps: list[list[str]] = []
    with monkeypatch.context() as patched:
        execute = indexes._execute
        patched.setattr(indexes, "_execute", lambda statement: steps.__iadd__([execute(statement) or _rows(STANDING)]))
        assert maintain_field_indexes() == 2
    assert all(steps), "it is unique all the while"
    assert _rows(STANDING) == [FieldIndex(field, is_unique=True).name]
    field.refresh_from_db()
    assert field.unique_since == since
    make_customer(organization, attributes={"email": "a"})
    with pytest.raises(IntegrityError):
        make_customer(organization, attributes={"email": "a"})
