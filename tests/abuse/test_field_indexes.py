"""A value that no index has room for costs its own field the index, says why, and keeps nobody else's from being made.

No API takes such a value; in a table it may still be, of former days or by SQL.
"""

import secrets
from collections.abc import Iterator

import pytest
from django.db import connection

from customers.models import Customer, CustomerField
from tests.abuse.server import Server, faults_in, lines_in
from tests.config.served import until
from tests.factories import make_customer, make_field, make_organization

# A number of so many digits, which nothing can compress, is twice as wide as an entry of an index.
DIGITS = 12_000
VALID = """
SELECT count(*) FROM pg_index index JOIN pg_class class ON class.oid = index.indexrelid
WHERE index.indisvalid AND class.relname ~ %s
"""


@pytest.fixture
def wide(server: Server) -> Iterator[Customer]:
    """Whose value is too wide."""
    digits = "".join(str(secrets.randbelow(10)) for _ in range(DIGITS))
    with server.database():
        made = make_customer(make_organization(), attributes={"income": f"1{digits}"})
    yield made
    with server.database():
        made.delete()


def _has_index(field: CustomerField) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(VALID, [f"^customer_field_{field.pk}_"])
        return bool(cursor.fetchone()[0])


def test_the_maker_goes_on_past_a_field_whose_index_can_not_be_made(server: Server, wide: Customer) -> None:
    with server.database():
        broken = make_field(wide.organization, "income", "integer", targetable=True)
        # The later field is looked at later.
        other = make_field(make_organization(), "state", "string", targetable=True, unique=True)
        with server.worker(DJANGO_SETTINGS_MODULE="tests.abuse.settings") as log:
            until(lambda: CustomerField.objects.filter(pk=other.pk, unique_since__isnull=False).exists(), "the other's")
            until(lambda: len(lines_in(log.read_text(), "field_index_failed")) > 1, "that it is tried again")
            assert (_has_index(broken), _has_index(other)) == (False, True)
            Customer.objects.filter(pk=wide.pk).update(attributes={"income": 1})
            until(lambda: _has_index(broken), "the index, as soon as it can be made")
        told = lines_in(log.read_text(), "field_index_failed")
    assert {(line["field"], line["organization"], line["unique"]) for line in told} == {
        ("income", broken.organization_id, False)
    }
    assert all("index row" in line["reason"] for line in told)
    assert len(faults_in(log.read_text())) == len(told), "and nothing else is wrong"
