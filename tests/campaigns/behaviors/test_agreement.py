"""Random behaviors and random events, late ones among them: the service earns what the slow reference earns."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.behaviors.compiled import compile_behavior
from campaigns.behaviors.engine import Behavior, BehaviorState, EngineEvent, Tally
from campaigns.behaviors.run import CustomerEvent
from campaigns.models import Completion
from tests.campaigns.behaviors.makers import make_live_behavior, record
from tests.campaigns.behaviors.reference import Reference
from tests.factories import make_customer, make_organization

BEGINNING = datetime(2026, 12, 29, tzinfo=UTC)
HOUR, DAY = 3600, 86_400
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu")


def maybe(*values: object) -> st.SearchStrategy[Any]:
    """Nothing, mostly, or one of the values."""
    return st.one_of(st.none(), st.sampled_from(values))


CAPS: dict[str, st.SearchStrategy[Any]] = {
    "max_times_achievable": maybe(0, 2, 4),
    "max_times_achievable_per_period": maybe(1, 2),
    "max_times_achievable_per_month": maybe(1, 3),
    "max_times_achievable_per_year": maybe(2, 4),
    "period": maybe(HOUR, DAY, 3 * DAY),
    "min_time_between_events": maybe(HOUR // 2, 6 * HOUR),
    "min_time_between_events_count": st.sampled_from((1, 1, 2)),
}
NOTHING_SAID = dict.fromkeys(CAPS) | {"min_time_between_events_count": 1}
GOALS = st.fixed_dictionaries(
    {
        "internal_event_name": st.sampled_from(("buy", "visit")),
        "group_index": st.sampled_from((0, 1)),
        "event_count": st.sampled_from((1, 2, 3, 5)),
        "consecutive": st.sampled_from((False, False, True)),
        "eligible_spend": maybe(True),
    },
    optional=CAPS,
)
BEHAVIORS = st.fixed_dictionaries(
    {"use_same_period": st.booleans(), "goal_counts": st.lists(maybe(0, 1, 2), max_size=2)}, optional=CAPS
)
# Quarters of an hour after the beginning: anywhere, in a few hours, or a day apart: many events are at the same time.
MOMENTS = st.one_of(
    st.lists(st.integers(0, 4 * 5 * 24), min_size=3, max_size=25),
    st.lists(st.integers(0, 12), min_size=3, max_size=25),
    st.lists(st.sampled_from([96 * day for day in range(6)]), min_size=3, max_size=25),
    st.integers(0, 400).flatmap(lambda moment: st.lists(st.just(moment), min_size=3, max_size=25)),
)
TOLD = st.tuples(st.sampled_from(("buy", "buy", "visit")), maybe(Decimal("0.50"), Decimal("1.25"), Decimal(2)))


@st.composite
def _events(draw: st.DrawFn) -> list[Any]:
    """Events in the order of their times, or in any."""
    moments = draw(MOMENTS)
    if draw(st.booleans()):
        moments.sort()
    times = [BEGINNING + timedelta(minutes=15 * moment) for moment in moments]
    return [(name, at, amount) for at in times for name, amount in [draw(TOLD)]]


EVENTS = _events()


def _grouped(goals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The goals with group indexes from 0 on."""
    known = sorted({goal["group_index"] for goal in goals})
    return sorted(({**goal, "group_index": known.index(goal["group_index"])} for goal in goals), key=_group)


def _group(goal: dict[str, Any]) -> int:
    index: int = goal["group_index"]
    return index


def _compiled(rule: dict[str, Any], goals: list[dict[str, Any]]) -> Behavior:
    """The behavior as the service would compile it."""
    row = {"id": 0, "name": "", "goal_counts": [], "period": None, "use_same_period": False} | NOTHING_SAID
    of_goal = NOTHING_SAID | {"name": "", "period": None, "consecutive": False, "event_filters": None}
    return compile_behavior(row | rule, [of_goal | goal | {"id": place} for place, goal in enumerate(goals, 1)])


@settings(max_examples=400)
@given(
    rule=BEHAVIORS,
    drawn=st.lists(GOALS, min_size=1, max_size=3),
    events=EVENTS,
    zone=st.sampled_from(ZONES),
    known=st.sampled_from(("all", "none")),
)
def test_the_engine_earns_what_the_reference_earns(
    rule: dict[str, Any], drawn: list[dict[str, Any]], events: list[Any], zone: str, known: str
) -> None:
    goals = _grouped(drawn)
    reference = Reference(rule, goals, ZoneInfo(zone))
    coming = [at for _, at, _ in events] if known == "all" else []
    tally = Tally(_compiled(rule, goals), BehaviorState(), ZoneInfo(zone), coming)
    earned = [tally.advance(EngineEvent(*event)).is_earned for event in events]
    assert earned == [reference.advance(*event) for event in events]


@pytest.mark.django_db
@settings(max_examples=60)
@given(
    rule=BEHAVIORS,
    drawn=st.lists(GOALS, min_size=1, max_size=3),
    events=EVENTS,
    zone=st.sampled_from(ZONES),
    size=st.sampled_from((1, 4, 25)),
)
def test_the_service_earns_what_the_reference_earns(
    rule: dict[str, Any], drawn: list[dict[str, Any]], events: list[Any], zone: str, size: int
) -> None:
    goals = _grouped(drawn)
    reference = Reference(rule, goals, ZoneInfo(zone))
    expected = [int(reference.advance(*event)) for event in events]
    customer = make_customer(make_organization(time_zone=zone))
    behavior = make_live_behavior(customer.organization, *goals, **rule)
    told = [CustomerEvent(customer.pk, name, at, amount=amount) for name, at, amount in events]
    batches = [told[start : start + size] for start in range(0, len(told), size)]
    recorded = [one for batch in batches for one in record(customer, *batch)]
    assert [one.earned.get(behavior.pk, 0) for one in recorded] == expected
    assert sorted(Completion.objects.filter(achievement=behavior).values_list("at", flat=True)) == sorted(
        reference.earned
    )
