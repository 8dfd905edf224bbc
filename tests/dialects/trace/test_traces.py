"""Contract 3, Trace and Visits; contract 4, section C, the rows about them."""

from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from customers.models import Customer
from tests.contents import contents
from tests.dialects.trace.caller import Caller, Form, accepted, refused
from tests.factories import make_application, make_customer
from traces.models import Trace, Trail

NONSENSE = ["x", "0", "-1", "%00", "null", "9" * 400, "%FF", "..;", "'", "%2e", str(UUID(int=0)), "{}", " ", "a" * 36]


def test_a_known_customer(caller: Caller, form: Form) -> None:
    customer = make_customer(caller.organization, external_id="51")
    members = caller.trace("51", form)
    assert members == {"trace-id": str(Trace.objects.get().uuid), "customer-id": "51"}
    trace = Trace.objects.get()
    assert (trace.customer, trace.application, trace.organization) == (
        customer,
        caller.application,
        caller.organization,
    )
    assert trace.closed_at is None


def test_an_unknown_customer_id_is_a_new_known_customer(caller: Caller, form: Form) -> None:
    caller.organization.default_consent = False
    caller.organization.save()
    assert caller.trace("new one", form)["customer-id"] == "new one"
    customer = Customer.objects.get()
    assert (customer.external_id, customer.is_anonymous, customer.organization) == (
        "new one",
        False,
        caller.organization,
    )
    assert (customer.consent, customer.email_consent, customer.push_consent) == (False, False, False)
    assert (customer.attributes, customer.tags, customer.points) == ({}, [], 0)
    caller.trace("new one", form)
    assert (Customer.objects.count(), Trace.objects.count()) == (1, 2)


@pytest.mark.parametrize("body", [{}, {"customer-id": None}, {"customer-id": ""}])
def test_an_anonymous_customer(caller: Caller, form: Form, body: dict[str, object]) -> None:
    members = accepted(caller.post("traces/trace", {"app-token": caller.token} | body, form))
    customer = Customer.objects.get()
    assert customer.is_anonymous
    assert customer.consent
    assert members["customer-id"] == str(customer.uuid) == customer.external_id
    again = caller.trace(members["customer-id"], form)
    assert again["customer-id"] == members["customer-id"]
    assert (Customer.objects.count(), Trace.objects.count()) == (1, 2)


def test_each_anonymous_trace_has_a_customer_of_its_own(caller: Caller) -> None:
    assert caller.trace()["customer-id"] != caller.trace()["customer-id"]


@pytest.mark.parametrize("customer_id", ["x" * 255, "é" * 255, "%s", "'; DROP TABLE x; --", "🎈", "a/b", "00"])
def test_any_customer_id_up_to_255_characters(caller: Caller, form: Form, customer_id: str) -> None:
    assert caller.trace(customer_id, form)["customer-id"] == customer_id
    assert Customer.objects.get().external_id == customer_id


@pytest.mark.parametrize("customer_id", ["x" * 256, 10**300, True, 1.5, [], {}, ["a"], {"a": 1}])
def test_invalid_customer_ids_are_refused(caller: Caller, form: Form, customer_id: object) -> None:
    before = contents()
    answer = caller.post("traces/trace", {"app-token": caller.token, "customer-id": customer_id}, form)
    assert "customer-id" in refused(answer, 400, "invalid-body")
    assert contents() == before


def test_a_nul_character(caller: Caller, form: Form) -> None:
    key = ":customer-id" if form == "edn" else '"customer-id":'
    token = f':app-token "{caller.token}"' if form == "edn" else f'"app-token": "{caller.token}",'
    refused(caller.post("traces/trace", f'{{{token} {key} "a\\u0000b"}}'.encode(), form), 400, "malformed-body")


@pytest.mark.parametrize("token", ["nobody's", "D1", str(UUID(int=0)), 1, "' OR 1=1", "x" * 255, "%00"])
def test_an_unknown_app_token(caller: Caller, form: Form, token: object) -> None:
    before = contents()
    refused(caller.post("traces/trace", {"app-token": token}, form), 404, "unknown-application")
    assert contents() == before


def test_an_inactive_application_is_unknown(caller: Caller, form: Form) -> None:
    inactive = Caller(make_application(caller.organization, is_active=False).application)
    refused(inactive.post("traces/trace", {"app-token": inactive.token}, form), 404, "unknown-application")


@pytest.mark.parametrize("body", [{}, {"app-token": None}, {"app-token": ""}])
def test_without_app_token_the_default_application(
    caller: Caller, form: Form, settings: Settings, body: dict[str, object]
) -> None:
    settings.DEFAULT_APP_TOKEN = ""
    refused(caller.post("traces/trace", body, form), 400, "missing-app-token")
    settings.DEFAULT_APP_TOKEN = caller.token
    accepted(caller.post("traces/trace", body, form))
    assert Trace.objects.get().application == caller.application
    settings.DEFAULT_APP_TOKEN = str(uuid4())
    refused(caller.post("traces/trace", body, form), 404, "unknown-application")


def test_an_app_token_has_no_case(caller: Caller, form: Form) -> None:
    accepted(caller.post("traces/trace", {"app-token": caller.token.upper()}, form))


def test_a_visit(caller: Caller, form: Form) -> None:
    trace_id = caller.trace("51", form)["trace-id"]
    trail_id = caller.trail(trace_id, form, channel="atm", platform="iOS", language="pt-PT")
    trail = Trail.objects.get(uuid=trail_id)
    assert (str(trail.trace.uuid), trail.organization) == (trace_id, caller.organization)
    assert (trail.channel, trail.platform, trail.language) == ("atm", "iOS", "pt-PT")


def test_a_visit_becomes_the_customer_s_last_one(caller: Caller, form: Form) -> None:
    trace_id = caller.trace("51", form)["trace-id"]
    caller.trail(trace_id, form, channel="atm", platform="iOS", language="pt-PT")
    caller.trail(trace_id, form, channel="web", platform=None)
    customer = Customer.objects.get()
    assert (customer.last_channel, customer.last_platform, customer.last_language) == ("web", "iOS", "pt-PT")
    caller.trail(trace_id, form, channel="web", platform="Android", language="")
    customer.refresh_from_db()
    assert (customer.last_channel, customer.last_platform, customer.last_language) == ("web", "Android", "pt-PT")


@pytest.mark.parametrize("body", [{}, {"channel": None}, {"channel": ""}, {"platform": "iOS"}])
def test_a_channel_is_required(caller: Caller, form: Form, body: dict[str, object]) -> None:
    trace_id = caller.trace("51", form)["trace-id"]
    assert "channel" in refused(caller.post(f"traces/{trace_id}/trail", body, form), 400, "invalid-body")


@pytest.mark.parametrize("value", [1, True, 1.5, [], {}, "x" * 256])
def test_wrong_members_of_a_visit_are_all_named(caller: Caller, form: Form, value: object) -> None:
    trace_id = caller.trace("51", form)["trace-id"]
    before = contents()
    answer = caller.post(f"traces/{trace_id}/trail", dict.fromkeys(["channel", "platform", "language"], value), form)
    message = refused(answer, 400, "invalid-body")
    assert all(name in message for name in ("channel", "platform", "language"))
    assert contents() == before


@pytest.mark.parametrize("trace_id", NONSENSE)
def test_an_unknown_trace(caller: Caller, form: Form, trace_id: str) -> None:
    refused(caller.post(f"traces/{trace_id}/trail", {"channel": "atm"}, form), 404, "unknown-trace")
    assert not Trail.objects.exists()


def test_the_id_of_a_trail_is_not_that_of_a_trace(caller: Caller, form: Form) -> None:
    trail_id = caller.visit("51", form)
    refused(caller.post(f"traces/{trail_id}/trail", {"channel": "atm"}, form), 404, "unknown-trace")


def test_a_trace_id_in_other_spellings(caller: Caller, form: Form) -> None:
    trace_id = caller.trace("51", form)["trace-id"]
    for spelling in (trace_id.upper(), trace_id.replace("-", "")):
        caller.trail(spelling, form)
