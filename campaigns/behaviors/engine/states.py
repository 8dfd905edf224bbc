"""How far one customer has come with one behavior."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


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
    """What is known of a goal, as `lookups` asked for it; `total` counts completions as far as a cap looks."""

    counted: tuple[Counted, ...] = ()
    completions: tuple[Completion, ...] = ()
    total: int = 0

    @property
    def open(self) -> list[Counted]:
        """The events that no completion has consumed, in the order of their times."""
        return sorted((each for each in self.counted if not each.is_consumed), key=lambda each: each.at)


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
    """What has to be kept of what was counted, each with its goal's id where it is new.

    `grown` are events that count for more now, `consumed` ids of events that are to be marked, `spent` of those that
    nobody asks about any more.
    """

    counted: list[tuple[int, Counted]]
    grown: list[Counted]
    consumed: list[int]
    spent: list[int]
    completed: list[tuple[int, Completion]]
    no_longer_waiting: list[int]
