"""A customer is found by what is known of them through an index, however many customers there are."""

from collections.abc import Iterator

import pytest
from django.db import connection

from customers.customers.search import find_or_create_by_attributes
from customers.errors import DomainError
from customers.models import Customer, CustomerField, Organization
from customers.schema.fields import delete_field, save_field
from customers.schema.indexes import maintain_field_indexes
from tests.factories import make_field, make_organization
from tests.plans import plans

MANY = 20_000
FEW = 40
TABLE = "customers_customer"
FIELDS = {
    "email": "string",
    "age": "integer",
    "balance": "decimal",
    "born": "date",
    "seen": "datetime",
    "vip": "boolean",
}
CUSTOMERS = """
INSERT INTO customers_customer (organization_id, uuid, external_id, is_anonymous, attributes, consent, email_consent,
                                push_consent)
SELECT %s, gen_random_uuid(), number, number %% 2 = 0, jsonb_build_object(
    'email', 'a' || number || '@example.com', 'code', 'c' || number, 'age', number, 'balance', number || '.5',
    'born', '1900-01-01'::date + number, 'vip', number = 77, 'city', 'city ' || number %% 20,
    'seen', to_char('2020-01-01'::timestamp + number * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
    true, true, true
FROM generate_series(1, %s) number
"""


@pytest.fixture
def crowd() -> Iterator[Organization]:
    """Many customers, and one field of each type that is targetable, one that is unique, one that is common."""
    organization = make_organization()
    for name, kind in {**FIELDS, "city": "string"}.items():
        make_field(organization, name, kind, targetable=True)
    save_field(field=make_field(organization, "code", "string", unique=True))
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [organization.pk, MANY])
    maintain_field_indexes()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
    yield organization
    for field in CustomerField.objects.filter(organization=organization):
        delete_field(field=field)
    maintain_field_indexes()


@pytest.mark.django_db(transaction=True)
def test_each_type_of_field_is_looked_up_in_its_index(crowd: Organization) -> None:
    seventy_seventh = {
        "email": "a77@example.com",
        "age": 77,
        "balance": 77.5,
        "born": "1900-03-19",
        "seen": "2020-01-01T01:17:00Z",
        "vip": True,
        "code": "c77",
    }
    for name, value in seventy_seventh.items():
        # Beside it, one that tells nothing more, and one that few share.
        for more in ({}, {"city": "city 17"}):
            with plans() as found:
                customer = find_or_create_by_attributes(organization=crowd, attributes={name: value, **more})
                assert Customer.objects.get(pk=customer.pk).external_id == "77"
            assert found.rows[TABLE] <= FEW, (name, more, found)
            assert TABLE not in found.read_whole
    # What nobody has, and what many share.
    for sought in ({"email": "nobody"}, {"age": 10**9}, {"code": "nobody's"}, {"city": "city 3"}):
        with plans() as found:
            find_or_create_by_attributes(organization=crowd, attributes=sought)
        assert found.rows.get(TABLE, 0) <= FEW, (sought, found)
        assert TABLE not in found.read_whole


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["", "  ", "undefined", " NULL ", "guest"])
def test_what_scripts_send_for_want_of_a_value_finds_and_makes_nobody(value: str) -> None:
    organization = make_organization()
    make_field(organization, "email", "string", targetable=True)
    with pytest.raises(DomainError) as refused:
        find_or_create_by_attributes(organization=organization, attributes={"email": value})
    assert refused.value.fields.keys() == {"email"}
    assert not Customer.objects.exists()
