"""Contract 3's own samples, in EDN and in JSON, as pairs of files under `golden/`: each compared member by member.

Corrected there: `data =` before a sample is prose, and the JSON of Activity lacks a comma. The contract shows no body
of the answers about actions and customers; contract 4 does. Its tracking tokens ("value") are placeholders.
"""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import edn_format
import pytest

from campaigns.models import Event, Participation
from customers.models import Customer
from tests.dialects.trace.caller import CONTENT_TYPES, MEDIA_TYPES, Answer, Caller, Form
from tests.factories import make_application, make_customer, make_field, make_interaction, make_trail
from traces.models import Action, Trace, Trail

GOLDEN = Path(__file__).parent / "golden"
SAMPLE_ID = UUID("D17C100F-0668-400A-AF91-967FE1A09A9E")


def _request(name: str, form: Form) -> bytes:
    return (GOLDEN / name / f"request.{form}").read_bytes()


def _send(caller: Caller, path: str, raw: bytes, form: Form) -> Answer:
    media_type = MEDIA_TYPES[form]
    headers = {"Accept": media_type}
    return caller.client.generic("POST", path, raw, content_type=media_type, headers=headers)


def _check(answer: Answer, name: str, form: Form, *generated: str) -> Any:
    """Exactly the sample's members, each of its type; those that the server makes up are UUIDs as text."""
    assert (answer.status_code, answer["Content-Type"]) == (200, CONTENT_TYPES[form]), answer.content
    sample = (GOLDEN / name / f"response.{form}").read_text()
    if form == "json":
        actual, expected = answer.json(), json.loads(sample)
    else:
        actual, expected = dict(edn_format.loads(answer.content.decode())), dict(edn_format.loads(sample))
    made_up = {member if form == "json" else edn_format.Keyword(member) for member in generated}
    assert actual.keys() == expected.keys()
    for member, value in expected.items():
        assert type(actual[member]) is type(value)
        if member in made_up:
            assert str(UUID(actual[member])) == actual[member]
        else:
            assert actual[member] == value
    return {key if isinstance(key, str) else key.name: value for key, value in actual.items()}


@pytest.fixture
def caller(db: None) -> Caller:  # noqa: ARG001
    """The application of the samples about traces."""
    return Caller(make_application(app_token=SAMPLE_ID).application)


def test_trace(caller: Caller, form: Form) -> None:
    answer = _send(caller, "/API/traces/trace", _request("trace", form), form)
    members = _check(answer, "trace", form, "trace-id")
    trace = Trace.objects.select_related("customer").get(uuid=members["trace-id"])
    assert (trace.application, trace.customer.external_id, trace.customer.is_anonymous) == (
        caller.application,
        "5114932",
        False,
    )


def test_trail(caller: Caller, form: Form) -> None:
    customer = make_customer(caller.organization)
    trace = make_trail(customer, caller.application).trace
    answer = _send(caller, f"/api/traces/{trace.uuid}/trail", _request("trail", form), form)
    members = _check(answer, "trail", form, "trail-id")
    trail = Trail.objects.get(uuid=members["trail-id"])
    assert (trail.trace, trail.language, trail.platform, trail.channel) == (trace, "en-US", "Chrome Browser", "atm")
    customer.refresh_from_db()
    assert (customer.last_language, customer.last_platform, customer.last_channel) == (
        "en-US",
        "Chrome Browser",
        "atm",
    )


def test_action_needs_the_token_that_the_contract_requires_of_a_conversion(caller: Caller, form: Form) -> None:
    """The sample of Activity is a conversion without a tracking token: "the only required parameter"."""
    trail = make_trail(make_customer(caller.organization))
    answer = _send(caller, f"/api/traces/trail/{trail.uuid}/action", _request("action", form), form)
    assert answer.status_code == 400
    assert b"missing-tracking-token" in answer.content
    assert not Action.objects.exists()


def test_action(caller: Caller, form: Form) -> None:
    """The same sample with another type: every member is kept."""
    trail = make_trail(make_customer(caller.organization))
    raw = _request("action", form).replace(b"conversion", b"location")
    members = _check(_send(caller, f"/api/traces/trail/{trail.uuid}/action", raw, form), "action", form, "action-id")
    action = Action.objects.get(uuid=members["action-id"])
    assert (action.trail, action.name, action.type) == (trail, "location", "location")
    assert action.data == [{"name": "field1", "value": "value1"}, {"name": "field2", "value": "value2"}]
    event = Event.objects.get()
    assert (event.name, event.attributes) == ("location", {"field1": "value1", "field2": "value2"})


@pytest.mark.parametrize("name", ["conversion", "dismiss"])
def test_closing(caller: Caller, form: Form, name: str) -> None:
    customer = make_customer(caller.organization)
    trail, interaction = make_trail(customer), make_interaction(customer)
    raw = _request(name, form).replace(b"valor", b"value")
    head, _, tail = raw.rpartition(b'"value"')
    raw = head + f'"{interaction.token}"'.encode() + tail
    answer = _send(caller, f"/api/traces/trail/{trail.uuid}/action", raw, form)
    members = _check(answer, name, form, "action-id")
    assert Action.objects.get(uuid=members["action-id"]).type == name
    assert Trace.objects.get().closed_by == name
    participation = Participation.objects.get()
    assert (participation.customer, participation.campaign) == (customer, interaction.campaign)
    assert (participation.converted_count, participation.dismissed_count) == (
        int(name == "conversion"),
        int(name == "dismiss"),
    )


def test_customers(form: Form, caller: Caller) -> None:
    application = make_application(
        caller.organization, app_token=UUID("882252f3-fe70-4402-9195-639d8037f339"), platforms=["rest"]
    ).application
    make_field(application.organization, "field", "string")
    answer = _send(caller, "/api/customers/", _request("customers", form), form)
    _check(answer, "customers", form)
    assert Customer.objects.get().attributes == {"field": "xxyyzz"}


def test_every_sample_is_checked_in_both_formats() -> None:
    names = {"trace", "trail", "action", "conversion", "dismiss", "customers"}
    files = {f"{name}/{side}.{form}" for name in names for side in ("request", "response") for form in ("edn", "json")}
    assert {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*.*")} == files
