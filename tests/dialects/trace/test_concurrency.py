"""Two of everything at once: conversions, dismissals, actions, visits."""

from decimal import Decimal
from functools import partial

import pytest

from campaigns.models import Event, Participation, SpendEntry
from customers.models import Customer
from tests.campaigns.behaviors.makers import make_behavior
from tests.channels import make_live_campaign
from tests.dialects.trace.caller import Answer, Caller
from tests.factories import make_customer, make_interaction, make_trail
from tests.together import together
from traces.models import Action, Trace, Trail

# PostgreSQL allows a hundred connections in all: tests with threads run one after the other.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]
THREADS = 25


def _twice(caller: Caller, trail: Trail, kind: str, token: str) -> list[Answer]:
    """Two calls one after the other, as a client that tries again."""
    mine = Caller(caller.application)
    return [mine.act(str(trail.uuid), kind, "json", tracking_token=token) for _ in range(2)]


@pytest.mark.parametrize("kinds", [["conversion"], ["dismiss"], ["conversion", "dismiss"]])
def test_fifty_conversions_of_one_trace_are_one(kinds: list[str]) -> None:
    caller = Caller.of()
    customer = make_customer(caller.organization)
    trail, token = make_trail(customer, caller.application), str(make_interaction(customer).token)
    works = [partial(_twice, caller, trail, kinds[number % len(kinds)], token) for number in range(THREADS)]
    answers = [answer for pair in together(works) for answer in pair]
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    assert all(b"trace-closed" in answer.content for answer in answers if answer.status_code == 400)
    participation = Participation.objects.get()
    assert participation.converted_count + participation.dismissed_count == 1
    assert (Event.objects.count(), Action.objects.count()) == (1, 1)
    trace = Trace.objects.get()
    assert trace.closed_by == Event.objects.get().name == Action.objects.get().type


def test_conversions_of_many_traces_of_one_customer_all_count() -> None:
    caller = Caller.of()
    customer = make_customer(caller.organization)
    campaign = make_live_campaign(caller.organization)
    trails = [make_trail(customer, caller.application) for _ in range(10)]
    tokens = [str(make_interaction(customer, campaign).token) for _ in trails]
    works = [partial(_twice, caller, trail, "conversion", token) for trail, token in zip(trails, tokens, strict=True)]
    answers = together(works)
    assert [[answer.status_code for answer in pair] for pair in answers] == [[200, 400]] * 10
    assert Participation.objects.get().converted_count == 10
    assert Event.objects.count() == 10


@pytest.mark.parametrize("kinds", [["conversion"], ["conversion", "dismiss"]])
def test_a_token_ends_once_whatever_the_trace(kinds: list[str]) -> None:
    caller = Caller.of()
    campaign = make_live_campaign(caller.organization, price_per_conversion=Decimal("2.5"))
    for kind in kinds:
        make_behavior(campaign, {"internal_event_name": kind}, points=100)
    customer = make_customer(caller.organization)
    token = str(make_interaction(customer, campaign).token)
    trails = [make_trail(customer, caller.application) for _ in range(8)]
    answers = together(
        [
            partial(
                Caller(caller.application).act, str(trail.uuid), kinds[turn % len(kinds)], "json", tracking_token=token
            )
            for turn, trail in enumerate(trails)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert all(b"tracking-token-used" in answer.content for answer in answers if answer.status_code == 400)
    customer.refresh_from_db()
    kept = Participation.objects.get()
    assert (kept.converted_count + kept.dismissed_count, customer.points) == (1, 100)
    assert (Event.objects.count(), Action.objects.count()) == (1, 1)
    assert SpendEntry.objects.count() == kept.converted_count
    assert Trace.objects.filter(closed_at__isnull=True).count() == 7


def test_a_new_customer_s_traces_at_once_are_one_customer() -> None:
    caller = Caller.of()
    traces = together([partial(Caller(caller.application).trace, "new") for _ in range(10)])
    assert {trace["customer-id"] for trace in traces} == {"new"}
    assert (Customer.objects.count(), Trace.objects.count()) == (1, 10)


def test_concurrent_visits_and_actions_are_all_stored() -> None:
    caller = Caller.of()
    trail = make_trail(make_customer(caller.organization), caller.application)

    def visit() -> str:
        mine = Caller(caller.application)
        trail_id = mine.trail(str(trail.trace.uuid), channel="atm")
        assert mine.act(trail_id, "action").status_code == 200
        return trail_id

    assert len(set(together([visit] * 10))) == 10
    assert (Trail.objects.count(), Action.objects.count(), Event.objects.count()) == (11, 10, 10)
    assert Customer.objects.get().last_channel == "atm"
