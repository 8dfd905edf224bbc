"""How far one customer has come with one behavior."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from campaigns.behaviors.rules import Behavior, Goal


@dataclass(frozen=True, slots=True)
class Counted:
    """An event that counted towards a goal, consumed by a completion or not yet; `id` None: not kept yet.

    `amount` is how much it counts for, 1 where it is None. Of a goal that is pooled one stands for all.
    """

    at: datetime
    amount: Decimal | None = None
    id: int | None = None
    is_consumed: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """A goal that was completed; it waits until its behavior is earned. `id` None: not kept yet."""

    at: datetime
    id: int | None = None
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class GoalState:
    """What is known of a goal: what `lookups` asked for, and what happened since; `total` counts completions."""

    counted: tuple[Counted, ...] = ()
    completions: tuple[Completion, ...] = ()
    total: int = 0

    @property
    def open(self) -> list[Counted]:
        """The events that no completion has consumed, in the order of their times."""
        return sorted((each for each in self.counted if not each.is_consumed), key=lambda each: each.at)

    @property
    def waits_since(self) -> datetime | None:
        """The time of the completion that waits."""
        return max((each.at for each in self.completions if each.is_waiting), default=None)


@dataclass(frozen=True, slots=True)
class BehaviorState:
    """What is known of a behavior: its goals by id, when it was earned, and how often (as far as a cap looks)."""

    goals: Mapping[int, GoalState] = field(default_factory=dict)
    earned: tuple[datetime, ...] = ()
    total: int = 0

    def of(self, goal_id: int) -> GoalState:
        """The state of one goal."""
        return self.goals.get(goal_id, NOTHING)


NOTHING = GoalState()


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be kept to get from one state to a later one, each with its goal's id where it is new.

    `grown` are events that count for more now, `consumed` ids of events that are to be marked, `spent` of those that
    nobody asks about any more.
    """

    counted: list[tuple[int, Counted]]
    grown: list[Counted]
    consumed: list[int]
    spent: list[int]
    completed: list[tuple[int, Completion]]
    no_longer_waiting: list[int]


def changes(behavior: Behavior, before: BehaviorState, after: BehaviorState) -> Changes:
    """The difference; earnings are not in it, they are told step by step."""
    found = Changes([], [], [], [], [], [])
    for goal in behavior.goals:
        old, new = before.of(goal.id), after.of(goal.id)
        if old is not new:
            _add_events(found, goal, old, new)
            _add_completions(found, goal, old, new)
    return found


def _add_events(found: Changes, goal: Goal, old: GoalState, new: GoalState) -> None:
    was_open = {each.id: each for each in old.counted if not each.is_consumed}
    for each in new.counted:
        if each.id is None:
            if goal.remembers or not each.is_consumed:
                found.counted.append((goal.id, each))
        elif each.id in was_open and each.is_consumed:
            (found.consumed if goal.remembers else found.spent).append(each.id)
        elif each.id in was_open and each.amount != was_open[each.id].amount:
            found.grown.append(each)


def _add_completions(found: Changes, goal: Goal, old: GoalState, new: GoalState) -> None:
    was_waiting = {each.id for each in old.completions if each.is_waiting}
    for each in new.completions:
        if each.id is None:
            found.completed.append((goal.id, each))
        elif not each.is_waiting and each.id in was_waiting:
            found.no_longer_waiting.append(each.id)
