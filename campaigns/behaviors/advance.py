"""One event and one behavior."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.behaviors.calendar import NEVER, local_day
from campaigns.behaviors.caps import Full
from campaigns.behaviors.counting import amount_of, at_rest, complete, count, days_in_a_row, near, obstacle
from campaigns.behaviors.filters import Happening
from campaigns.behaviors.rules import Behavior, Goal
from campaigns.behaviors.states import BehaviorState, GoalState
from campaigns.behaviors.verdicts import Verdict

OF_BEHAVIOR = {
    Full.IN_ALL: Verdict.BEHAVIOR_IN_ALL,
    Full.PER_PERIOD: Verdict.BEHAVIOR_PER_PERIOD,
    Full.PER_MONTH: Verdict.BEHAVIOR_PER_MONTH,
    Full.PER_YEAR: Verdict.BEHAVIOR_PER_YEAR,
    Full.SPACING: Verdict.BEHAVIOR_SPACING,
}
# After which it is asked whether enough goals are complete.
MAY_EARN = frozenset({Verdict.COUNTED, Verdict.COMPLETED, Verdict.WAITING})
# How many rules one after the other may put off the time when an event counts again.
MOST_DELAYS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """What an event led to: the new state, what it was to each goal of its name, whether the behavior was earned."""

    state: BehaviorState
    verdicts: tuple[tuple[int, Verdict], ...]
    is_earned: bool


def advance(behavior: Behavior, state: BehaviorState, event: Happening, zone: ZoneInfo) -> Step:
    """Count an event towards the goals of its name; the behavior is earned at most once by it, at its own time.

    An event that finds its goal waiting may earn, too: a merge, or a change of the goals, may have left all complete.
    """
    full = behavior.caps.full(state.earned, state.total, event.at, zone)
    goals = dict(state.goals)
    verdicts: list[tuple[int, Verdict]] = []
    for goal in behavior.goals:
        if goal.event_name != event.name:
            continue
        if full is not None:
            verdicts.append((goal.id, OF_BEHAVIOR[full[0]]))
            continue
        refreshes = behavior.same_period is not None
        goals[goal.id], verdict = count(goal, state.of(goal.id), event, zone, refreshes=refreshes)
        verdicts.append((goal.id, verdict))
    if not any(verdict in MAY_EARN for _, verdict in verdicts):
        return Step(replace(state, goals=goals), tuple(verdicts), is_earned=False)
    earned = _earned(behavior, replace(state, goals=goals), event.at)
    return Step(earned or replace(state, goals=goals), tuple(verdicts), earned is not None)


def earn_at_once(behavior: Behavior, state: BehaviorState, at: datetime, zone: ZoneInfo) -> BehaviorState | None:
    """Earn a behavior by completing its goals, as if the customer had done all of it; None where a cap is full."""
    if behavior.caps.full(state.earned, state.total, at, zone) is not None:
        return None
    goals = dict(state.goals)
    for goal in behavior.goals:
        own = state.of(goal.id)
        full = goal.caps.full([each.at for each in own.completions], own.total, at, zone)
        if full is None and (own.waits_since is None or behavior.same_period is not None):
            goals[goal.id] = complete(goal, own, near(goal, own, at), at)
    return _earned(behavior, replace(state, goals=goals), at)


def _earned(behavior: Behavior, state: BehaviorState, at: datetime) -> BehaviorState | None:
    """The state after earning, with all goals back at their beginning; None where a group has not enough."""
    if not _has_enough(behavior, state.goals):
        return None
    goals = {goal_id: replace(own, completions=at_rest(own.completions)) for goal_id, own in state.goals.items()}
    return BehaviorState(goals, (*state.earned, at), state.total + 1)


def _has_enough(behavior: Behavior, goals: Mapping[int, GoalState]) -> bool:
    """Whether enough goals of each group are complete, within one period where that is asked for."""
    waiting = [
        (goal.group, since)
        for goal in behavior.goals
        if goal.id in goals and (since := goals[goal.id].waits_since) is not None
    ]
    if not waiting:
        return False
    period = behavior.same_period
    if period is None:
        return _are_enough(behavior, [group for group, _ in waiting])
    return any(
        _are_enough(behavior, [group for group, since in waiting if end - period < since <= end]) for _, end in waiting
    )


def _are_enough(behavior: Behavior, groups: list[int]) -> bool:
    return all(groups.count(group) >= enough for group, enough in enumerate(behavior.enough))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a goal stands: `count` of what it needs; `next_countable_at` None where no event will count any more."""

    count: Decimal | int
    is_completed: bool
    next_countable_at: datetime | None


def goal_standing(behavior: Behavior, goal: Goal, state: BehaviorState, now: datetime, zone: ZoneInfo) -> Standing:
    """How a goal stands at `now`; it is complete while it waits, and where the behavior can't be earned any more."""
    own = state.of(goal.id)
    since = own.waits_since
    period = behavior.same_period
    is_waiting = since is not None and (period is None or now - since < period)
    full = behavior.caps.full(state.earned, state.total, now, zone)
    is_completed = is_waiting or (full is not None and (state.total > 0 or bool(state.earned)))
    current = [each for each in near(goal, own, now) if each.at <= now]
    so_far: Decimal | int = amount_of(goal, current)
    if goal.is_consecutive and not goal.counts_money:
        so_far = days_in_a_row(current, local_day(now, zone), zone)
    counted = goal.needed if is_completed else min(so_far, goal.needed)
    return Standing(counted, is_completed, _next_countable(behavior, goal, state, now, zone))


def _next_countable(
    behavior: Behavior, goal: Goal, state: BehaviorState, now: datetime, zone: ZoneInfo
) -> datetime | None:
    at = now
    for _ in range(MOST_DELAYS):
        blocked = behavior.caps.full(state.earned, state.total, at, zone)
        until = blocked[1] if blocked is not None else None
        if until is None:
            refused = obstacle(goal, state.of(goal.id), at, zone, refreshes=behavior.same_period is not None)
            until = refused[1] if refused is not None else None
        if until is None:
            return at
        if until >= NEVER:
            return None
        at = until
    return None
