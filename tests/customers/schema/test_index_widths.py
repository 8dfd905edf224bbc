"""Whatever length is accepted fits: no index is over a text that may be longer than its entry."""

import re
import secrets
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone
from psycopg import sql
from structlog.testing import capture_logs

from customers.customers.attributes import save_attributes
from customers.customers.push_tokens import subscribe
from customers.customers.search import find_or_create_by_attributes
from customers.customers.visitor_limits import Stranger
from customers.field_values.field_type import FieldType
from customers.field_values.normalized import MAXIMUM_DIGITS, MAXIMUM_STRING
from customers.field_values.sql import PREFIX
from customers.models import Customer, CustomerField, PushToken
from customers.schema import indexes
from customers.schema.indexes import FAILED, FieldIndex, maintain_field_indexes
from tests.factories import make_application, make_field, make_organization

# Bytes that an entry of a B-tree may have, and an element of a GIN index; those of a character.
WIDEST, CHARACTER = 2_704, 4
# Each part of each index of ours: the type of a column (with its length), or an expression.
PARTS = """
SELECT class.relname, coalesce(format_type(kept.atttypid, kept.atttypmod),
    format_type(attribute.atttypid, attribute.atttypmod)), pg_get_indexdef(class.oid, part, true), attribute.attlen
FROM pg_index index JOIN pg_class class ON class.oid = index.indexrelid
JOIN pg_namespace namespace ON namespace.oid = class.relnamespace AND namespace.nspname = 'public'
CROSS JOIN LATERAL generate_series(1, index.indnatts) part
JOIN pg_attribute attribute ON attribute.attrelid = class.oid AND attribute.attnum = part
LEFT JOIN pg_attribute kept
    ON kept.attrelid = index.indrelid AND kept.attnum = index.indkey[part - 1] AND kept.attnum > 0
ORDER BY class.relname, part
"""
VARCHAR = re.compile(r"character varying\((\d+)\)(?:\[\])?")
# What an expression may be, and how wide it is.
EXPRESSIONS = (
    (re.compile(r'"left"\(\(?attributes ->> .*, (\d+)\)'), CHARACTER),
    (re.compile(r"()sha256\("), 36),
    # A number of as many digits as a text of customers' attributes has characters, four to two bytes.
    (re.compile(r"()CASE\s+WHEN .*::numeric", re.DOTALL), MAXIMUM_STRING // 2 + 16),
)


def _width(kind: str, definition: str, length: int) -> int:
    """How wide a part can be; more than anything where nobody has said."""
    if length > 0:
        return length
    column = VARCHAR.fullmatch(kind)
    if column and "(" not in definition:
        return int(column[1]) * CHARACTER
    if kind.startswith("numeric(") or kind == "inet":
        return 24
    for form, creative in EXPRESSIONS:
        found = form.search(definition)
        if found:
            return int(found[1] or 1) * creative
    return 10**9


def _widths() -> Iterator[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(PARTS)
        for index, kind, definition, length in cursor.fetchall():
            yield index, _width(kind, definition, length)


@pytest.fixture
def _no_index_of_another_test(transactional_db: None) -> None:  # noqa: ARG001
    maintain_field_indexes()


def _long(characters: int) -> str:
    """A text that nothing can compress, of characters of four bytes."""
    return "".join(chr(0x1F300 + secrets.randbelow(700)) for _ in range(characters))


@pytest.mark.usefixtures("_no_index_of_another_test")
def test_no_index_is_too_narrow_for_what_is_accepted() -> None:
    organization = make_organization()
    for kind in FieldType:
        make_field(organization, f"field-{kind}", kind, targetable=True, unique=True)
    assert maintain_field_indexes() == 2 * len(FieldType)
    widths: dict[str, int] = {}
    for index, width in _widths():
        # Eight bytes of the entry itself, and of its alignment.
        widths[index] = widths.get(index, 16) + width
    assert len([name for name in widths if name.startswith("customer_field_") and name[15].isdecimal()]) > 10
    assert not {index: width for index, width in widths.items() if width > WIDEST}
    assert MAXIMUM_DIGITS < MAXIMUM_STRING


@pytest.mark.usefixtures("_no_index_of_another_test")
def test_the_longest_text_is_kept_and_found_by_fields_that_are_indexed() -> None:
    organization = make_organization()
    make_field(organization, "note", "string", targetable=True)
    make_field(organization, "email", "string", unique=True)
    before, after = _long(MAXIMUM_STRING), _long(MAXIMUM_STRING)
    alike = before[:PREFIX] + after[PREFIX:]
    save_attributes(organization=organization, customer_id="1", attributes={"note": before, "email": before})
    assert maintain_field_indexes() == 2
    save_attributes(organization=organization, customer_id="2", attributes={"note": after, "email": after})
    save_attributes(organization=organization, customer_id="3", attributes={"note": alike, "email": alike})
    for name in ("note", "email"):
        for customer_id, text in (("1", before), ("2", after), ("3", alike)):
            found = find_or_create_by_attributes(organization=organization, attributes={name: text})
            assert Customer.objects.get(pk=found.pk).external_id == customer_id


@pytest.mark.usefixtures("_no_index_of_another_test")
def test_an_index_that_fails_is_logged_and_the_others_are_created(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_organization(), make_organization()
    failing = make_field(first, "broken", "string", targetable=True, unique=True)
    make_field(second, "state", "string", targetable=True)
    creation = FieldIndex.creation
    with monkeypatch.context() as patched, capture_logs() as logged:
        patched.setattr(FieldIndex, "creation", _failing_for(failing, creation))
        maintain_field_indexes()
    told = [each for each in logged if each["event"] == "field_index_failed"]
    assert [(each["field"], each["unique"]) for each in told] == [("broken", False), ("broken", True)]
    failing.refresh_from_db()
    assert (failing.unique, failing.unique_since, failing.unique_problem) == (True, None, FAILED)
    with connection.cursor() as cursor:
        cursor.execute(indexes.LIST_FIELD_INDEXES)
        assert [valid for _, valid in cursor.fetchall()] == [True]
    assert maintain_field_indexes() == 2, "as soon as it can be made it is"
    failing.refresh_from_db()
    assert failing.unique_since is not None
    assert failing.unique_problem == ""


def _failing_for(field: CustomerField, creation: object) -> object:
    def statement(index: FieldIndex, *, concurrently: bool = True) -> object:
        made = creation(index, concurrently=concurrently)  # type: ignore[operator]
        return made + sql.SQL(" AND 1 / 0 = (1)::int") if index.field.pk == field.pk else made

    return statement


@pytest.mark.django_db
def test_a_push_token_may_be_as_long_as_its_column_in_any_script() -> None:
    application = make_application().application
    token = _long(1_024)
    for platform in ("ios", "android"):
        subscribe(
            application=application,
            customer_id="1",
            token=token,
            platform=platform,
            stranger=Stranger(),
            now=timezone.now(),
        )
    assert PushToken.objects.get().platform == "android"
    with pytest.raises(DatabaseError, match="push_token_unique"):
        _copy(PushToken.objects.get()).save()


def _copy(token: PushToken) -> PushToken:
    token.pk = None
    return token
