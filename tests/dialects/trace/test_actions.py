"""Contract 3, Activity, Conversion and No interest; contract 4, section C, the rows about them."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import AdCampaign, Event, Interaction, Participation
from customers.customers.merging import identify
from tests.contents import contents
from tests.dialects.trace.caller import Caller, Form, accepted, refused
from tests.dialects.trace.test_traces import NONSENSE
from tests.factories import make_anonymous, make_customer, make_interaction, make_trail
from traces.models import Action, Trace, Trail

TYPES = ["location", "action", "conversion", "dismiss", "entry-point", "funnel-step", "event"]
CLOSING = ["conversion", "dismiss"]


@pytest.fixture
def trail(caller: Caller) -> Trail:
    """A visit of a known customer."""
    return make_trail(make_customer(caller.organization, external_id="51"), caller.application)


@pytest.fixture
def token(trail: Trail) -> str:
    """The tracking token of an offer to that customer."""
    return str(make_interaction(trail.trace.customer).token)


def _path(trail: Trail) -> str:
    return f"traces/trail/{trail.uuid}/action"


@pytest.mark.parametrize("kind", TYPES)
def test_all_seven_types(caller: Caller, form: Form, trail: Trail, token: str, kind: str) -> None:
    began = timezone.now()
    fields = [{"name": "tracking-token", "value": token}, {"name": "amount", "value": 12.5}, {"name": "nothing"}]
    body = {"name": "Home page", "type": kind, "data": fields}
    action_id = accepted(caller.post(_path(trail), body, form))["action-id"]
    action = Action.objects.get()
    assert (str(action.uuid), action.trail, action.name, action.type) == (action_id, trail, "Home page", kind)
    assert action.data == [*fields[:2], {"name": "nothing", "value": None}]
    event = Event.objects.get()
    assert event.name == (kind if kind in CLOSING else "Home page")
    assert (event.customer, event.organization) == (trail.trace.customer, caller.organization)
    assert event.event_id == f"action:{action_id}"
    assert event.attributes == {"tracking-token": token, "amount": 12.5, "nothing": None}
    assert began <= event.at <= timezone.now()
    assert Trace.objects.get().closed_by == (kind if kind in CLOSING else None)


@pytest.mark.parametrize("data", [None, []])
def test_without_data(caller: Caller, form: Form, trail: Trail, data: object) -> None:
    accepted(caller.post(_path(trail), {"name": "a", "type": "event", "data": data}, form))
    accepted(caller.post(_path(trail), {"name": "a", "type": "event"}, form))
    assert list(Action.objects.values_list("data", flat=True)) == [[], []]
    assert Event.objects.count() == 2


@pytest.mark.parametrize("kind", CLOSING)
def test_closing_a_trace(caller: Caller, form: Form, trail: Trail, token: str, kind: str) -> None:
    began = timezone.now()
    accepted(caller.act(str(trail.uuid), kind, form, tracking_token=token))
    trace = Trace.objects.get()
    assert trace.closed_by == kind
    assert trace.closed_at is not None
    assert began <= trace.closed_at <= timezone.now()
    participation = Participation.objects.get()
    assert participation.customer == trail.trace.customer
    counts = (participation.converted_count, participation.dismissed_count, participation.seen_count)
    assert counts == ((1, 0, 0) if kind == "conversion" else (0, 1, 0))
    assert (participation.converted_at is None) == (kind == "dismiss")
    assert (participation.dismissed_at is None) == (kind == "conversion")


@pytest.mark.parametrize("kind", CLOSING)
def test_a_closed_trace_takes_no_more(caller: Caller, form: Form, trail: Trail, token: str, kind: str) -> None:
    other_trail = caller.trail(str(trail.trace.uuid))
    accepted(caller.act(str(trail.uuid), kind, form, tracking_token=token))
    before = contents()
    for trail_id in (str(trail.uuid), other_trail):
        for later in TYPES:
            refused(caller.act(trail_id, later, form, tracking_token=token), 400, "trace-closed")
        refused(caller.act(trail_id, "conversion", form), 400, "trace-closed")
    refused(caller.post(f"traces/{trail.trace.uuid}/trail", {"channel": "atm"}, form), 400, "trace-closed")
    assert contents() == before


@pytest.mark.parametrize("first", CLOSING)
@pytest.mark.parametrize("second", CLOSING)
def test_a_token_ends_once_whatever_the_trace(
    caller: Caller, form: Form, trail: Trail, token: str, first: str, second: str
) -> None:
    accepted(caller.act(str(trail.uuid), first, form, tracking_token=token))
    other = caller.visit("51", form)
    before = contents()
    refused(caller.act(other, second, form, tracking_token=token), 400, "tracking-token-used")
    assert contents() == before
    assert Interaction.objects.get().closed_by == first


def test_a_new_token_in_a_new_trace_counts_again(caller: Caller, form: Form, trail: Trail, token: str) -> None:
    campaign = Interaction.objects.get().campaign
    accepted(caller.act(str(trail.uuid), "conversion", form, tracking_token=token))
    first = Participation.objects.get().converted_at
    for kind in CLOSING:
        another = str(make_interaction(trail.trace.customer, campaign).token)
        accepted(caller.act(caller.visit("51", form), kind, form, tracking_token=another))
    participation = Participation.objects.get()
    assert (participation.converted_count, participation.dismissed_count) == (2, 1)
    assert first is not None
    assert participation.converted_at is not None
    assert participation.converted_at > first


def test_an_older_conversion_does_not_turn_the_time_back(caller: Caller, trail: Trail, token: str) -> None:
    late = datetime.now(UTC) + timedelta(days=9)
    accepted(caller.act(str(trail.uuid), "conversion", tracking_token=token))
    Participation.objects.filter(customer=trail.trace.customer).update(converted_at=late)
    another = str(make_interaction(trail.trace.customer, Interaction.objects.get().campaign).token)
    accepted(caller.act(caller.visit("51"), "conversion", tracking_token=another))
    assert Participation.objects.get().converted_at == late


def test_a_token_goes_along_with_a_merge_and_stays_used(caller: Caller, form: Form) -> None:
    anonymous = make_anonymous(caller.organization)
    used, unused = (str(make_interaction(anonymous).token) for _ in range(2))
    accepted(caller.act(str(make_trail(anonymous, caller.application).uuid), "dismiss", form, tracking_token=used))
    identify(organization=caller.organization, anonymous=anonymous, customer_id="51")
    refused(caller.act(caller.visit("51", form), "conversion", form, tracking_token=used), 400, "tracking-token-used")
    accepted(caller.act(caller.visit("51", form), "conversion", form, tracking_token=unused))


def test_a_token_of_a_campaign_that_is_over_may_convert(caller: Caller, form: Form, trail: Trail, token: str) -> None:
    AdCampaign.objects.update(status="paused", ends_at=datetime(2022, 2, 1, tzinfo=UTC))
    accepted(caller.act(str(trail.uuid), "conversion", form, tracking_token=token))


def test_the_migration_closes_the_tokens_of_former_actions(caller: Caller, trail: Trail, token: str) -> None:
    accepted(caller.act(str(trail.uuid), "dismiss", tracking_token=token))
    accepted(caller.act(caller.visit("51"), "action", tracking_token=str(make_interaction(trail.trace.customer).token)))
    Action.objects.create(
        organization=caller.organization,
        trail=trail,
        name="again",
        type="conversion",
        data=[{"name": "tracking-token", "value": token.upper()}, {"name": "tracking-token", "value": "x"}],
    )
    Interaction.objects.update(closed_by=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("traces.migrations.0002_tokens_that_have_ended").CLOSE)
    assert list(Interaction.objects.order_by("id").values_list("closed_by", flat=True)) == ["dismiss", None]


@pytest.mark.parametrize("kind", CLOSING)
@pytest.mark.parametrize("data", [{}, {"other": "x"}, {"tracking_token": None}, {"tracking_token": ""}])
def test_a_missing_token(caller: Caller, form: Form, trail: Trail, kind: str, data: dict[str, Any]) -> None:
    before = contents()
    answer = caller.act(str(trail.uuid), kind, form, **data)
    assert "tracking-token" in refused(answer, 400, "missing-tracking-token")
    assert contents() == before


@pytest.mark.parametrize("kind", CLOSING)
@pytest.mark.parametrize("value", ["value", str(UUID(int=0)), 7, True, 1.5, [], ["x"], {"a": 1}, "x" * 5000])
def test_an_unknown_token(caller: Caller, form: Form, trail: Trail, kind: str, value: object) -> None:
    before = contents()
    answer = caller.act(str(trail.uuid), kind, form, tracking_token=value)
    refused(answer, 404, "unknown-tracking-token")
    assert contents() == before


@pytest.mark.parametrize("kind", CLOSING)
def test_another_customer_s_token(caller: Caller, form: Form, trail: Trail, kind: str) -> None:
    foreign = make_interaction(make_customer(caller.organization))
    before = contents()
    unknown = caller.act(str(trail.uuid), kind, form, tracking_token=str(uuid4()))
    answer = caller.act(str(trail.uuid), kind, form, tracking_token=str(foreign.token))
    refused(answer, 404, "unknown-tracking-token")
    assert answer.content == unknown.content
    assert contents() == before


@pytest.mark.parametrize("trail_id", NONSENSE)
def test_an_unknown_trail(caller: Caller, form: Form, trail_id: str) -> None:
    answer = caller.post(f"traces/trail/{trail_id}/action", {"name": "a", "type": "action"}, form)
    refused(answer, 404, "unknown-trail")
    assert not Action.objects.exists()


def test_the_id_of_a_trace_is_not_that_of_a_trail(caller: Caller, form: Form, trail: Trail) -> None:
    refused(caller.act(str(trail.trace.uuid), "action", form), 404, "unknown-trail")


@pytest.mark.parametrize(
    "kind", ["", None, "Conversion", "click", "other/conversion", 1, [], "trail-action/", "a" * 300]
)
def test_an_unknown_type(caller: Caller, form: Form, trail: Trail, kind: object) -> None:
    answer = caller.post(_path(trail), {"name": "a", "type": kind}, form)
    assert "type" in refused(answer, 400, "invalid-body")


@pytest.mark.parametrize("name", ["", None, 1, True, [], {}, "x" * 256])
def test_a_name_is_required(caller: Caller, form: Form, trail: Trail, name: object) -> None:
    answer = caller.post(_path(trail), {"name": name, "type": "action"}, form)
    assert "name" in refused(answer, 400, "invalid-body")


def test_everything_that_is_wrong_is_named(caller: Caller, form: Form, trail: Trail) -> None:
    before = contents()
    message = refused(caller.post(_path(trail), {"name": 1, "type": 2, "data": 3}, form), 400, "invalid-body")
    assert all(f"{name}:" in message for name in ("name", "type", "data"))
    message = refused(caller.post(_path(trail), {}, form), 400, "invalid-body")
    assert all(f"{name}:" in message for name in ("name", "type"))
    assert contents() == before


@pytest.mark.parametrize(
    "data",
    [1, "x", True, {}, {"name": "a"}, [1], ["a"], [None], [[]], [{}], [{"value": 1}], [{"name": ""}], [{"name": 1}]],
)
def test_data_is_a_list_of_maps_with_names(caller: Caller, form: Form, trail: Trail, data: object) -> None:
    answer = caller.post(_path(trail), {"name": "a", "type": "action", "data": data}, form)
    assert "data" in refused(answer, 400, "invalid-body")


def test_a_hundred_fields_and_one_more(caller: Caller, form: Form, trail: Trail) -> None:
    fields = [{"name": f"f{number}", "value": number} for number in range(101)]
    accepted(caller.post(_path(trail), {"name": "a", "type": "action", "data": fields[:100]}, form))
    assert len(Action.objects.get().data) == 100
    answer = caller.post(_path(trail), {"name": "a", "type": "action", "data": fields}, form)
    assert "100" in refused(answer, 400, "invalid-body")
    assert Action.objects.count() == 1


def test_values_of_any_kind_are_kept(caller: Caller, form: Form, trail: Trail) -> None:
    values: list[Any] = [
        None,
        True,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        2**63,
        10**60,
        1.5,
        -0.25,
        1e-7,
        "",
        "é🎈",
        [1, [2]],
        {"a": {"b": []}},
    ]
    fields = [{"name": str(number), "value": value} for number, value in enumerate(values)]
    accepted(caller.post(_path(trail), {"name": "a", "type": "action", "data": fields}, form))
    # Numbers that JSON readers elsewhere would round are kept as text.
    kept = [str(value) if type(value) is int and not -(2**63) <= value < 2**63 else value for value in values]
    assert [field["value"] for field in Action.objects.get().data] == kept
    assert Event.objects.get().attributes == {str(number): value for number, value in enumerate(kept)}


def test_values_that_only_edn_has(caller: Caller, trail: Trail) -> None:
    raw = (
        '{:name "a" :type :action :data [{:name "k" :value :gold/card} {:name "i" :value #inst "2020-08-12T17:45:48Z"}'
        ' {:name "u" :value #uuid "882252f3-fe70-4402-9195-639d8037f339"} {:name "m" :value 19.95M}'
        ' {:name "l" :value 0.10000000000000000000001M} {:name "s" :value #{:a}} {:name "c" :value \\x}]}'
    )
    accepted(caller.post(_path(trail), raw.encode()))
    assert Event.objects.get().attributes == {
        "k": "gold/card",
        "i": "2020-08-12T17:45:48+00:00",
        "u": "882252f3-fe70-4402-9195-639d8037f339",
        "m": 19.95,
        "l": "0.10000000000000000000001",
        "s": ["a"],
        "c": "x",
    }


@pytest.mark.parametrize("value", ["symbol", '#shop/coupon "X1"', "{1 2}", "{nil 1}", "{[] 1}"])
def test_values_that_mean_nothing_here(caller: Caller, trail: Trail, value: str) -> None:
    raw = f'{{:name "a" :type :action :data [{{:name "x" :value {value}}}]}}'
    message = refused(caller.post(_path(trail), raw.encode()), 400, "malformed-body")
    assert "Tagged(" not in message
