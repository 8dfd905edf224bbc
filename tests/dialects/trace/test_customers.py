"""Contract 3, Customers; contract 4, section C: "unknown fields of a customer", "answer of an action; of customers"."""

from datetime import UTC, datetime
from typing import Any

import pytest

from customers.field_values.field_type import FieldType
from customers.models import Customer
from customers.models.customer_field import CustomerField
from customers.schema.fields import save_field
from tests.contents import contents
from tests.dialects.trace.caller import Answer, Caller, Form, accepted, refused
from tests.factories import make_anonymous, make_application, make_customer, make_field, make_unique

TYPES = {field_type.value: field_type for field_type in FieldType}


@pytest.fixture
def caller(db: None) -> Caller:  # noqa: ARG001
    """An application whose customers have a field of each type, and `email`, which is unique."""
    caller = Caller.of()
    for name, field_type in TYPES.items():
        save_field(field=CustomerField(organization=caller.organization, name=name, type=field_type))
    make_unique(make_field(caller.organization, "email", FieldType.STRING))
    return caller


def _save(caller: Caller, form: Form, customer_id: object = "51", **fields: object) -> Answer:
    return caller.post("customers/", {"app-token": caller.token, "customer": {"id": customer_id} | fields}, form)


def _attributes(customer_id: str = "51") -> Any:
    return Customer.objects.get(external_id=customer_id).attributes


def test_a_new_customer(caller: Caller, form: Form) -> None:
    assert accepted(_save(caller, form, string="Ann")) == {"customer-id": "51"}
    customer = Customer.objects.get()
    assert (customer.external_id, customer.is_anonymous, customer.attributes) == ("51", False, {"string": "Ann"})
    assert customer.organization == caller.organization


def test_an_id_alone(caller: Caller, form: Form) -> None:
    accepted(_save(caller, form))
    accepted(_save(caller, form))
    assert _attributes() == {}


def test_fields_are_merged_and_null_clears(caller: Caller, form: Form) -> None:
    accepted(_save(caller, form, string="Ann", integer=7))
    accepted(_save(caller, form, string="Bea", boolean=True))
    assert _attributes() == {"string": "Bea", "integer": 7, "boolean": True}
    accepted(_save(caller, form, string=None, date=None))
    assert _attributes() == {"integer": 7, "boolean": True}


def test_keys_with_a_namespace(caller: Caller) -> None:
    body = f'{{:app-token "{caller.token}" :customer {{:customer/id 51 :customer/string "Ann" %s}}}}'
    accepted(caller.post("customers", (body % "").encode()))
    assert _attributes() == {"string": "Ann"}
    refused(caller.post("customers", (body % ":id 52").encode()), 400, "invalid-body")


def test_tags_points_and_the_last_visit_stay(caller: Caller, form: Form) -> None:
    customer = make_customer(caller.organization, external_id="51", tags=["vip"], points=7, last_platform="iOS")
    accepted(_save(caller, form, string="Ann"))
    stored = Customer.objects.get(pk=customer.pk)
    assert (stored.tags, stored.points, stored.last_platform) == (["vip"], 7, "iOS")
    assert stored.updated_at > customer.updated_at


RIGHT = [
    ("string", "", ""),
    ("string", "é🎈\n" * 99, "é🎈\n" * 99),
    ("integer", 0, 0),
    ("integer", 2**63 - 1, 2**63 - 1),
    ("integer", "7", 7),
    ("integer", " -3 ", -3),
    ("decimal", 12.5, "12.5"),
    ("decimal", " 1.50 ", "1.5"),
    ("decimal", 7, "7"),
    ("decimal", "19.950", "19.95"),
    ("boolean", True, True),
    ("boolean", False, False),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("date", "2020-08-12", "2020-08-12"),
    ("datetime", "2020-08-12T17:45:48Z", "2020-08-12T17:45:48.000000Z"),
    ("datetime", "2020-08-12T13:45:48.5-04:00", "2020-08-12T17:45:48.500000Z"),
]


@pytest.mark.parametrize(("name", "value", "kept"), RIGHT)
def test_values_of_each_type(caller: Caller, form: Form, name: str, value: object, kept: object) -> None:
    accepted(_save(caller, form, **{name: value}))
    assert _attributes() == {name: kept}


def test_values_that_only_edn_has(caller: Caller) -> None:
    moment = datetime(2020, 8, 12, 17, 45, 48, tzinfo=UTC)
    accepted(_save(caller, "edn", datetime=moment, date=moment))
    raw = f'{{:app-token "{caller.token}" :customer {{:id 51 :decimal 19.950M :string :gold :integer 7N}}}}'
    accepted(caller.post("customers", raw.encode()))
    assert _attributes() == {
        "datetime": "2020-08-12T17:45:48.000000Z",
        "date": "2020-08-12",
        "decimal": "19.95",
        "string": "gold",
        "integer": 7,
    }


WRONG = {
    "string": [1, True, 1.5, [], {}, "x" * 4097],
    "integer": ["1.0", "1e3", "٣", "x", "", "9" * 19, 1.5, 1.0, True, 2**63, -(2**63) - 1, [], {}],
    "decimal": ["x", True, [], {}, "1" * 31, "1e99", ""],
    "boolean": [0, 1, "yes", "True", "1", "", [], {}],
    "date": ["2020-13-01", "12.08.2020", "2020-08-12T00:00:00Z", 20200812, True, "", []],
    "datetime": ["2020-08-12T17:45:48", "2020-08-12", "nonsense", 1.5, True, "", []],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_values_of_another_type(caller: Caller, form: Form, name: str, value: object) -> None:
    make_customer(caller.organization, external_id="51", attributes={"string": "kept"})
    before = contents()
    message = refused(_save(caller, form, **{name: value}), 400, "invalid-fields")
    # The field, and the type that is expected of it.
    assert f"{name}: " in message
    assert "expected" in message
    assert contents() == before


def test_every_offending_field_is_named_and_nothing_is_changed(caller: Caller, form: Form) -> None:
    make_customer(caller.organization, external_id="51", attributes={"string": "kept"})
    before = contents()
    fields = {"string": "new", "integer": "x", "boolean": "x", "nobody": 1, "no_one": None, "date": "2020-08-12"}
    for customer_id in ("51", "a new one"):
        message = refused(_save(caller, form, customer_id, **fields), 400, "invalid-fields")
        assert all(f"{name}: " in message for name in ("integer", "boolean", "nobody", "no_one"))
        assert not any(f"{name}: " in message for name in ("string", "date"))
        assert contents() == before


def test_a_field_of_another_organization_is_unknown(caller: Caller, rival: Caller, form: Form) -> None:
    save_field(field=CustomerField(organization=rival.organization, name="theirs", type=FieldType.STRING))
    assert "theirs: " in refused(_save(caller, form, theirs="x"), 400, "invalid-fields")


@pytest.mark.parametrize("name", ["id2", "points", "tag", "is_anonymous", "tags", "attributes", "external_id", "uuid"])
def test_what_is_not_in_the_schema_cannot_be_set(caller: Caller, form: Form, name: str) -> None:
    assert f"{name}: " in refused(_save(caller, form, **{name: 1}), 400, "invalid-fields")
    assert not Customer.objects.exists()


def test_required_fields(caller: Caller, form: Form) -> None:
    CustomerField.objects.filter(name__in=["string", "integer"]).update(required=True)
    message = refused(_save(caller, form, string="x", boolean=1), 400, "invalid-fields")
    assert "integer: This field is required." in message
    assert "boolean: " in message
    assert not Customer.objects.exists()
    accepted(_save(caller, form, string="x", integer=1))
    accepted(_save(caller, form, boolean=True))
    message = refused(_save(caller, form, string=None, integer=2), 400, "invalid-fields")
    assert "string: This field is required." in message
    assert _attributes() == {"string": "x", "integer": 1, "boolean": True}


def test_unique_fields(caller: Caller, rival: Caller, form: Form) -> None:
    make_unique(make_field(rival.organization, "email", FieldType.STRING))
    accepted(_save(caller, form, email="ann@example.org"))
    accepted(_save(caller, form, email="ann@example.org"))
    accepted(_save(rival, form, "52", email="ann@example.org"))
    before = contents()
    message = refused(_save(caller, form, "another", email="ann@example.org", string="x"), 400, "invalid-fields")
    assert "email: " in message
    assert contents() == before
    accepted(_save(caller, form, email=None))
    accepted(_save(caller, form, "another", email="ann@example.org"))


def test_an_anonymous_customer_s_fields(caller: Caller, form: Form) -> None:
    anonymous = make_anonymous(caller.organization)
    accepted(_save(caller, form, str(anonymous.uuid), string="x"))
    anonymous.refresh_from_db()
    assert (anonymous.is_anonymous, anonymous.attributes) == (True, {"string": "x"})


@pytest.mark.parametrize("customer_id", ["", None, 1.5, True, [], {}, "x" * 256])
def test_invalid_ids_are_refused(caller: Caller, form: Form, customer_id: object) -> None:
    assert "id is required" in refused(_save(caller, form, customer_id), 400, "invalid-body")
    assert not Customer.objects.exists()


@pytest.mark.parametrize("customer", [None, "51", 51, [], [{"id": "51"}], {}, {"field": 1}])
def test_an_invalid_customer_is_refused(caller: Caller, form: Form, customer: object) -> None:
    answer = caller.post("customers", {"app-token": caller.token, "customer": customer}, form)
    assert "customer: " in refused(answer, 400, "invalid-body")


def test_without_a_customer_or_a_token(caller: Caller, form: Form) -> None:
    message = refused(caller.post("customers", {}, form), 400, "invalid-body")
    assert "customer: " in message
    assert "app-token: " in message


@pytest.mark.parametrize("token", [None, ""])
def test_the_token_is_required(caller: Caller, form: Form, settings: Any, token: object) -> None:
    """Only a trace may come without one."""
    settings.DEFAULT_APP_TOKEN = caller.token
    answer = caller.post("customers", {"app-token": token, "customer": {"id": "51"}}, form)
    assert "app-token: " in refused(answer, 400, "invalid-body")


@pytest.mark.parametrize("platforms", [[], ["web"], ["web", "ios", "android"]])
def test_an_application_without_the_rest_platform_is_unknown(caller: Caller, form: Form, platforms: list[str]) -> None:
    other = Caller(make_application(caller.organization, platforms=platforms).application)
    assert refused(_save(other, form), 404, "unknown-application").endswith(
        "has not the platform that this needs: rest."
    )
    assert not Customer.objects.exists()


def test_an_inactive_application_is_unknown(caller: Caller, form: Form) -> None:
    caller.application.is_active = False
    caller.application.save()
    refused(_save(caller, form), 404, "unknown-application")
