"""Counting takes n log n steps in the batch and in what was counted before, whatever the order of the events."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns.behaviors.engine import (
    Behavior,
    BehaviorState,
    Caps,
    Completion,
    Counted,
    EngineEvent,
    Goal,
    GoalState,
    Tally,
    goal_progress,
)
from tests.steps import steps_of

BEGINNING = datetime(2026, 1, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Zurich")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FEW, FACTOR = 60, 4
# n log n grows by 5.3 from 60 to 240, a square by 16.
MOST = 6.5

# Of each as many are needed, or allowed, as there are events: nothing is used up before the end.
GOALS: dict[str, Callable[[int], dict[str, Any]]] = {
    "sum": lambda number: {"needed": number},
    "immediate": lambda _: {"needed": 1, "period": DAY},
    "rolling": lambda number: {"needed": number + 1, "period": 10_000 * DAY},
    "narrow": lambda number: {"needed": number, "period": MINUTE * number / 2},
    "often": lambda _: {"needed": 3, "period": 10_000 * DAY},
    "spacing": lambda number: {"needed": number, "spacing": DAY * number, "spacing_count": number - 1},
    "money": lambda number: {"needed": number, "period": 10_000 * DAY, "counts_money": True},
    "days": lambda number: {"needed": number, "is_consecutive": True},
    "days in a period": lambda number: {
        "needed": number // 2,
        "is_consecutive": True,
        "period": DAY * number / 2 - DAY,
    },
    "capped": lambda number: {
        "needed": 2,
        "caps": Caps(per_period=number, period=10_000 * DAY, per_month=number, per_year=number, in_all=number),
    },
}
ORDERS = ("as they come", "reversed", "any", "equal")


def events(number: int, order: str, gap: timedelta) -> list[EngineEvent]:
    at = [BEGINNING + gap * place for place in range(number)]
    if order == "reversed":
        at.reverse()
    elif order == "any":
        random.Random(number).shuffle(at)
    elif order == "equal":
        at = [BEGINNING] * number
    return [EngineEvent("buy", each, Decimal("0.50")) for each in at]


def advance(tally: Tally, told: list[EngineEvent]) -> None:
    for each in told:
        tally.advance(each)
    tally.changes()


def behavior(goal: dict[str, Any], number: int, order: str) -> Behavior:
    # Reversed, the earnings themselves have to be spaced by a rolling window.
    caps = Caps(per_period=number, period=10_000 * DAY) if order != "equal" else Caps()
    return Behavior(1, goals=(Goal(2, event_name="buy", **goal),), required_goals=(1,), caps=caps)


@pytest.mark.parametrize("kind", GOALS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_batch_takes_n_log_n_steps(kind: str, order: str) -> None:
    steps = []
    for number in (FEW, FACTOR * FEW):
        told = events(number, order, DAY if "days" in kind else MINUTE)
        rule = behavior(GOALS[kind](number), number, order)
        tally = Tally(rule, BehaviorState(), ZONE, [each.at for each in told])
        steps.append(steps_of(partial(advance, tally, told), "campaigns/behaviors"))
    assert steps[1] < MOST * steps[0]


@pytest.mark.parametrize("kind", GOALS)
def test_an_event_takes_n_log_n_steps_in_what_was_counted_before(kind: str) -> None:
    steps = []
    for number in (FEW, FACTOR * FEW):
        gap = DAY if "days" in kind else MINUTE
        times = [BEGINNING + gap * place for place in range(number - 2)]
        rule = behavior(GOALS[kind](number), number, "any")
        amount = Decimal("0.01") if kind == "money" else None
        before = GoalState(
            tuple(Counted(at, amount, place) for place, at in enumerate(times)),
            tuple(Completion(at, place) for place, at in enumerate(times)),
            len(times),
        )
        state = BehaviorState({2: before}, tuple(times), len(times))
        late = EngineEvent("buy", times[number // 2] + MINUTE / 2, Decimal("0.50"))

        def count(rule: Behavior = rule, state: BehaviorState = state, late: EngineEvent = late) -> None:
            advance(Tally(rule, state, ZONE, [late.at]), [late])
            goal_progress(Tally(rule, state, ZONE), 2, late.at, ZONE)

        steps.append(steps_of(count, "campaigns/behaviors"))
    assert steps[1] < MOST * steps[0]
