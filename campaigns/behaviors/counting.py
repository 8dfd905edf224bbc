"""One event and one goal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.behaviors.calendar import NEVER, day_around, local_day
from campaigns.behaviors.caps import Full, next_fitting
from campaigns.behaviors.filters import Happening
from campaigns.behaviors.rules import Goal
from campaigns.behaviors.states import Completion, Counted, GoalState
from campaigns.behaviors.verdicts import Verdict

OF_GOAL = {
    Full.IN_ALL: Verdict.GOAL_IN_ALL,
    Full.PER_PERIOD: Verdict.GOAL_PER_PERIOD,
    Full.PER_MONTH: Verdict.GOAL_PER_MONTH,
    Full.PER_YEAR: Verdict.GOAL_PER_YEAR,
}
ONE_DAY = timedelta(days=1)
ONE = Decimal(1)


def count(
    goal: Goal, state: GoalState, event: Happening, zone: ZoneInfo, *, refreshes: bool
) -> tuple[GoalState, Verdict]:
    """Count an event towards a goal, or say why not; `refreshes`: a complete goal goes on counting."""
    if goal.filter is not None and not goal.filter.lets_pass(event, zone):
        return state, Verdict.FILTERED
    if goal.counts_money and not (event.amount or 0) > 0:
        return state, Verdict.NO_MONEY
    refused = obstacle(goal, state, event.at, zone, refreshes=refreshes)
    if refused is not None:
        return state, refused[0]
    counted = Counted(event.at, event.amount if goal.counts_money else None)
    if goal.is_pooled:
        return _pooled(goal, state, counted)
    state = replace(state, counted=(*state.counted, counted))
    used = _completing(goal, state, counted, zone)
    if not used:
        return state, Verdict.COUNTED
    return complete(goal, state, used, event.at), Verdict.COMPLETED


def obstacle(
    goal: Goal, state: GoalState, at: datetime, zone: ZoneInfo, *, refreshes: bool
) -> tuple[Verdict, datetime] | None:
    """Why no event counts at `at`, and when that is over; None where one counts."""
    if not refreshes and state.waits_since is not None:
        return Verdict.WAITING, NEVER
    full = goal.caps.full([each.at for each in state.completions], state.total, at, zone)
    if full is not None:
        return OF_GOAL[full[0]], full[1]
    if goal.spacing is not None:
        free_at = next_fitting([each.at for each in state.counted], at, goal.spacing, goal.spacing_count)
        if free_at > at:
            return Verdict.THROTTLED, free_at
    if goal.is_consecutive and not goal.counts_money:
        start, end = day_around(at, zone)
        if any(start <= each.at < end for each in state.counted):
            return Verdict.SAME_DAY, end
    return None


def complete(goal: Goal, state: GoalState, used: Sequence[Counted], at: datetime) -> GoalState:
    """Consume the events and add a completion; of several that wait the latest goes on waiting.

    A consumed event that was never kept, and that nobody asks about any more, is forgotten at once.
    """
    used_up = {id(each) for each in used}
    counted = tuple(
        replace(each, is_consumed=True) if id(each) in used_up else each
        for each in state.counted
        if goal.remembers or each.id is not None or id(each) not in used_up
    )
    since = state.waits_since
    is_latest = since is None or at >= since
    kept = state.completions if since is None or not is_latest else at_rest(state.completions)
    return GoalState(counted, (*kept, Completion(at, is_waiting=is_latest)), state.total + 1)


def at_rest(completions: tuple[Completion, ...]) -> tuple[Completion, ...]:
    """The completions, none of them waiting any more."""
    return tuple(replace(each, is_waiting=False) if each.is_waiting else each for each in completions)


def near(goal: Goal, state: GoalState, at: datetime) -> list[Counted]:
    """The open events that may be in one period with `at`, in the order of their times."""
    return [each for each in state.open if goal.period is None or abs(each.at - at) < goal.period]


def amount_of(goal: Goal, events: Sequence[Counted]) -> Decimal | int:
    """How much of what the goal needs these events are."""
    total = sum((_weight(each) for each in events), Decimal(0))
    return total if goal.counts_money else int(total)


def days_in_a_row(events: Sequence[Counted], today: date, zone: ZoneInfo) -> int:
    """How many days one after the other have events, up to today, or to yesterday while today may still get one."""
    days = {local_day(each.at, zone) for each in events}
    day = today if today in days else today - ONE_DAY
    number = 0
    while day in days:
        number += 1
        day -= ONE_DAY
    return number


def _weight(counted: Counted) -> Decimal:
    return ONE if counted.amount is None else counted.amount


def _pooled(goal: Goal, state: GoalState, latest: Counted) -> tuple[GoalState, Verdict]:
    """Add an event to the one that stands for all; what is too much for a completion is consumed with it."""
    total = sum((_weight(each) for each in state.open), _weight(latest))
    if total >= goal.needed:
        state = replace(state, counted=(*state.counted, latest))
        return complete(goal, state, state.open, latest.at), Verdict.COMPLETED
    if not state.open:
        return replace(state, counted=(*state.counted, latest)), Verdict.COUNTED
    first, *others = state.open
    merged = {id(each) for each in others}
    counted = tuple(
        replace(each, amount=total)
        if each is first
        else replace(each, is_consumed=each.is_consumed or id(each) in merged)
        for each in state.counted
    )
    return replace(state, counted=counted), Verdict.COUNTED


def _completing(goal: Goal, state: GoalState, latest: Counted, zone: ZoneInfo) -> Sequence[Counted]:
    """The events of the earliest span that has enough now; empty where none has."""
    events = near(goal, state, latest.at)
    if goal.is_consecutive and not goal.counts_money:
        return _run_of_days(goal, events, local_day(latest.at, zone), zone)
    ends = [None] if goal.period is None else [each.at for each in events if each.at >= latest.at]
    for end in ends:
        inside = (
            events
            if end is None or goal.period is None
            else [each for each in events if end - goal.period < each.at <= end]
        )
        if amount_of(goal, inside) >= goal.needed:
            return inside
    return ()


def _run_of_days(goal: Goal, events: Sequence[Counted], day: date, zone: ZoneInfo) -> Sequence[Counted]:
    """The events of so many days one after the other, `day` among them; the earliest such days."""
    by_day: dict[date, list[Counted]] = {}
    for each in events:
        by_day.setdefault(local_day(each.at, zone), []).append(each)
    days = [day]
    while len(days) < goal.needed and days[0] - ONE_DAY in by_day:
        days.insert(0, days[0] - ONE_DAY)
    while (days[-1] - day).days < goal.needed - 1 and days[-1] + ONE_DAY in by_day:
        days.append(days[-1] + ONE_DAY)
    for first in range(len(days) - goal.needed + 1):
        used = [event for each in days[first : first + goal.needed] for event in by_day[each]]
        if goal.period is None or used[-1].at - used[0].at < goal.period:
            return used
    return ()
