"""What EDN says, JSON says: the same request in both formats has the same effect and the same answer."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Event, Participation
from customers.field_values.field_type import FieldType
from customers.models import Customer, PushToken
from tests.dialects.trace.caller import FORMS, Answer, Caller, Form, decoded
from tests.factories import make_customer, make_field, make_interaction, make_trail
from traces.models import Action, Trace, Trail

FIXED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
POSITION = re.compile(r"The body can't be read: .*")

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x7f"), max_size=12)
number = st.integers(-(2**70), 2**70) | st.floats(-1e15, 1e15, allow_nan=False).map(lambda value: round(value, 6))
scalar = st.none() | st.booleans() | number | text
name = st.from_regex(r"[a-z][a-z0-9-]{0,7}", fullmatch=True)
anything = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(name, inner, max_size=3), max_leaves=6
)
maybe = st.fixed_dictionaries
customer_id = st.sampled_from(["51", "new", "", 52, None]) | anything
field = maybe({"name": text | anything, "value": anything})
kinds = st.sampled_from(["location", "conversion", "dismiss", "trail-action/event", "nonsense"])
fields = maybe(
    {}, optional={each.value: scalar | st.sampled_from(["2020-08-12", "2020-08-12T17:45:48Z"]) for each in FieldType}
)
requests = st.one_of(
    st.tuples(st.just("traces/trace"), maybe({"customer-id": customer_id}, optional={"identified": anything})),
    st.tuples(
        st.just("traces/{trace}/trail"),
        maybe({"channel": text | anything}, optional={"platform": text, "language": text}),
    ),
    st.tuples(
        st.just("traces/trail/{trail}/action"),
        maybe({"name": text, "type": kinds}, optional={"data": st.lists(field, max_size=3) | anything}),
    ),
    st.tuples(st.just("traces/trail/{trail}/action"), st.just({"name": "x", "type": "conversion", "data": "token"})),
    st.tuples(
        st.just("customers"), st.tuples(customer_id, fields).map(lambda pair: {"customer": {"id": pair[0]} | pair[1]})
    ),
    st.tuples(st.just("customers"), maybe({"customer": anything})),
    st.tuples(
        st.just("customers/subscribe"),
        maybe({"customer-id": customer_id, "reg-token": text, "platform": text | anything}),
    ),
)


@dataclass(frozen=True)
class World:
    """An organization like that of the other format: a visit of a customer, a token, a field of each type."""

    caller: Caller
    trail: Trail
    token: str

    @classmethod
    def new(cls) -> "World":
        """Make one."""
        caller = Caller.of()
        for each in FieldType:
            make_field(caller.organization, each.value, each)
        customer = make_customer(caller.organization, external_id="51", attributes={"string": "kept"})
        return cls(caller, make_trail(customer, caller.application), str(make_interaction(customer).token))

    def send(self, form: Form, path: str, body: dict[str, Any]) -> tuple[Any, Any]:
        """The answer to a request in the format, and what stands there then; afterwards all is as it was."""
        path = path.format(trace=self.trail.trace.uuid, trail=self.trail.uuid)
        if body.get("data") == "token":
            body = body | {"data": [{"name": "tracking-token", "value": self.token}]}
        with transaction.atomic():
            answer: Answer = self.caller.post(path, {"app-token": self.caller.token} | body, form)
            contents = _contents(self.caller, self.token)
            transaction.set_rollback(True)
        members = POSITION.sub("unreadable", UUID.sub("an id", repr(decoded(answer))))
        return (answer.status_code, members), contents


@pytest.fixture
def worlds(db: None) -> list[World]:  # noqa: ARG001
    """One for each format."""
    return [World.new() for _ in FORMS]


def _contents(caller: Caller, token: str) -> list[Any]:
    of = {"organization": caller.organization}
    rows = [
        Customer.objects.filter(**of).values_list("external_id", "is_anonymous", "attributes", "last_channel"),
        Trace.objects.filter(**of).values_list("customer__external_id", "closed_by"),
        Trail.objects.filter(**of).values_list("channel", "platform", "language"),
        Action.objects.filter(**of).values_list("name", "type", "data"),
        Event.objects.filter(**of).values_list("customer__external_id", "name", "attributes"),
        Participation.objects.filter(**of).values_list("customer__external_id", "converted_count", "dismissed_count"),
        PushToken.objects.filter(**of).values_list("customer__external_id", "token", "platform"),
    ]
    return [UUID.sub("an id", repr(list(each.order_by("id"))).replace(token, "the token")) for each in rows]


@FIXED
@given(request=requests)
def test_same_effect_and_same_answer(worlds: list[World], request: tuple[str, dict[str, Any]]) -> None:
    in_edn, in_json = (world.send(form, *request) for world, form in zip(worlds, FORMS, strict=True))
    assert in_edn == in_json
