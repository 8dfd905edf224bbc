"""Sending events (contract 4, "sending events"): one or a batch, each accepted or refused on its own."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import Event
from customers.customers.merging import identify
from customers.models import Customer
from tests.campaigns.behaviors.makers import make_live_behavior, times_earned
from tests.dialects.management.actor import Actor, Answer
from tests.dialects.management.test_fuzz import FIXED, anything, deep, times
from tests.factories import make_anonymous, make_customer

pytestmark = pytest.mark.django_db
FILTERS = {"attributes": [{"attribute": "a", "operator": "gte", "values": [1]}]}


def send(actor: Actor, body: object) -> Answer:
    """POST to the endpoint, which is beside `management/`."""
    url = f"/priv/v1/apps/{actor.application.api_key}/events"
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": actor.authorization}
    return actor.client.generic("POST", url, raw, content_type="application/json", headers=headers)


def event(customer: Customer, **members: Any) -> dict[str, Any]:
    """An event of a customer by the external id."""
    return {"name": "buy", "external_id": customer.external_id} | members


def test_one_event(owner: Actor) -> None:
    customer = make_customer(owner.organization)
    behavior = make_live_behavior(owner.organization, {"event_count": 50, "eligible_spend": True}, tags="spender")
    attributes = {"shop": "Bern", "items": [{"sku": 1}]}
    body = event(customer, at="2026-01-01T12:00:00Z", amount=12.5, quantity=2, attributes=attributes, event_id="e1")
    answer = send(owner, {"event": body}).json()
    told = {"index": 0, "event_id": "e1", "duplicate": False, "earned": []}
    assert answer == {"status": "ok", "events": [told], "errors": []}
    by_user_id = {"name": "buy", "user_id": str(customer.uuid), "amount": "37.50"}
    answer = send(owner, {"event": by_user_id}).json()
    assert answer["events"][0]["earned"] == [{"behavior_id": behavior.pk, "times": 1}]
    assert send(owner, {"event": body | {"amount": 50}}).json()["events"] == [told | {"duplicate": True}]
    kept = Event.objects.order_by("id").values("name", "at", "amount", "quantity", "attributes")
    assert json.loads(json.dumps(list(kept), default=str))[0] == {
        "name": "buy",
        "at": "2026-01-01 12:00:00+00:00",
        "amount": "12.50",
        "quantity": 2,
        "attributes": attributes,
    }
    customer.refresh_from_db()
    assert (customer.tags, Event.objects.count()) == (["spender"], 2)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": None}, "missing_data", "name"),
    ({"external_id": "nobody"}, "not_found", "Customer"),
    ({"user_id": "x"}, "missing_data", "user_id"),
    ({"at": "yesterday"}, "validation", "at"),
    ({"at": "1969-12-31T23:59:59Z"}, "validation", "at"),
    ({"at": "9999-01-01T00:00:00Z"}, "validation", "at"),
    ({"amount": -1}, "validation", "amount"),
    ({"amount": "0.001"}, "validation", "amount"),
    ({"amount": 1e300}, "validation", "amount"),
    ({"quantity": -1}, "validation", "quantity"),
    ({"attributes": [1]}, "validation", "attributes"),
    ({"attributes": {"a": "\x00"}}, "validation", "attributes"),
    ({"event_id": "x" * 256}, "validation", "event_id"),
    ({"mood": 1}, "argument_error", "mood"),
]


def test_a_batch_succeeds_in_part(owner: Actor) -> None:
    customer = make_customer(owner.organization)
    behavior = make_live_behavior(owner.organization)
    bad = [event(customer, **changes) for changes, _, _ in REFUSED]
    good = [event(customer, event_id="a"), event(customer, event_id="a"), event(customer, name="never heard of")]
    answer = send(owner, {"events": [*bad, "no event", *good]}).json()
    start = len(REFUSED) + 1
    assert [(one["index"], one["duplicate"], one["earned"]) for one in answer["events"]] == [
        (start, False, [{"behavior_id": behavior.pk, "times": 1}]),
        (start + 1, True, []),
        (start + 2, False, []),
    ]
    assert [(one["index"], one["code"]) for one in answer["errors"]] == [
        *((index, code) for index, (_, code, _) in enumerate(REFUSED)),
        (len(REFUSED), "validation"),
    ]
    for (_, _, word), error in zip(REFUSED, answer["errors"], strict=False):
        assert word in error["message"]
    assert Event.objects.count() == 2


@pytest.mark.parametrize(("changes", "code", "word"), REFUSED)
def test_a_single_event_is_refused_with_a_plain_error(
    owner: Actor, changes: dict[str, Any], code: str, word: str
) -> None:
    answer = send(owner, {"event": event(make_customer(owner.organization), **changes)})
    body = answer.json()
    assert (answer.status_code, body["status"]) == (404 if code == "not_found" else 200, "error")
    assert body["errors"]["code"] == code
    assert word in json.dumps(body["errors"])
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "argument_error"),
        ([], 400, "argument_error"),
        ({}, 200, "missing_data"),
        ({"events": []}, 200, "missing_data"),
        ({"events": "all"}, 200, "validation"),
        ({"event": [1]}, 200, "validation"),
        ({"events": [{"name": "x"}] * 1001}, 200, "validation"),
        ({"event": {"name": "x", "external_id": "y"}, "events": [{"name": "x"}]}, 200, "argument_error"),
        (
            b'{"event":{"name":"x","external_id":"y","attributes":' + b'{"a":' * 600 + b"1" + b"}" * 600 + b"}}",
            200,
            "validation",
        ),
    ],
)
def test_a_body_that_is_neither_is_refused(owner: Actor, body: object, status: int, code: str) -> None:
    answer = send(owner, body)
    assert (answer.status_code, answer.json()["errors"]["code"]) == (status, code)


def test_customers_and_event_ids_are_the_application_s_own(owner: Actor, teammate: Actor, outsider: Actor) -> None:
    customer = make_customer(owner.organization)
    body = {"event": event(customer, event_id="same")}
    assert [send(actor, body).json()["events"][0]["duplicate"] for actor in (owner, teammate, owner)] == [
        False,
        False,
        True,
    ]
    by_uuid = {"event": {"name": "buy", "user_id": str(customer.uuid)}}
    assert [send(outsider, each).status_code for each in (body, by_uuid)] == [404, 404]
    assert send(owner, {"event": {"name": "buy", "user_id": str(uuid.uuid4())}}).status_code == 404
    assert Event.objects.count() == 2


def test_a_merged_customer_s_former_ids_go_on_finding_them(owner: Actor) -> None:
    anonymous = make_anonymous(owner.organization)
    identify(organization=owner.organization, anonymous=anonymous, customer_id="51")
    former = [{"name": "buy", "user_id": str(anonymous.uuid)}, {"name": "buy", "external_id": anonymous.external_id}]
    assert not send(owner, {"events": former}).json()["errors"]
    assert set(Event.objects.values_list("customer__external_id", flat=True)) == {"51"}


def test_late_events_count_by_their_own_time_and_a_batch_takes_as_many_statements_as_one(owner: Actor) -> None:
    customers = [make_customer(owner.organization) for _ in range(10)]
    behavior = make_live_behavior(owner.organization, {"event_count": 2, "period": 3600}, points=1)
    late = datetime(2026, 2, 1, tzinfo=UTC)

    def bodies(several: list[Customer], day: int) -> list[dict[str, Any]]:
        times = [late + timedelta(days=day, minutes=minute) for minute in (0, 59, 30)]
        return [event(each, at=at.isoformat()) for each in several for at in times]

    send(owner, {"events": bodies(customers[:1], 0)})
    counts = []
    for several, day in ((customers[:1], 2), (customers, 4)):
        with CaptureQueriesContext(connection) as captured:
            assert not send(owner, {"events": bodies(several, day)}).json()["errors"]
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 9
    assert times_earned(behavior) == 12


MEMBERS = st.fixed_dictionaries(
    {"name": st.just("buy") | anything},
    optional={
        "external_id": st.just("51") | anything,
        "user_id": anything,
        "at": times | anything,
        "amount": st.just("12.50") | anything,
        "quantity": st.integers(0, 3) | anything,
        "attributes": st.dictionaries(st.text(max_size=3), anything, max_size=3) | deep | anything,
        "event_id": anything,
    },
)


@settings(FIXED, max_examples=80)
@given(body=st.fixed_dictionaries({}, optional={"event": MEMBERS, "events": st.lists(MEMBERS, max_size=3) | anything}))
def test_no_body_is_a_fault_and_what_is_refused_is_not_kept(owner: Actor, body: dict[str, Any]) -> None:
    if not Customer.objects.filter(organization=owner.organization).exists():
        make_customer(owner.organization, external_id="51")
        make_live_behavior(owner.organization, {"event_filters": FILTERS})
    before = Event.objects.count()
    answer = send(owner, body)
    assert answer.status_code in {200, 400, 404}, answer.content
    told = answer.json()
    kept = sum(not one["duplicate"] for one in told["events"]) if told["status"] == "ok" else 0
    assert Event.objects.count() == before + kept
