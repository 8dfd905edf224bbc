"""The state of one customer's progress in one behavior."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Counted:
    """An event that counted towards a goal, consumed by a completion or not; `id` None: not stored yet.

    `amount` is how much it counts for, None for 1. Of a pooled goal one row stands for all.
    """

    at: datetime
    amount: Decimal | None = None
    id: int | None = None
    is_consumed: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """The completion of a goal, which waits until its behavior is complete. `id` None: not stored yet."""

    at: datetime
    id: int | None = None
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class GoalState:
    """What `lookups` found of a goal; `total` counts completions as far as a cap needs it."""

    counted: tuple[Counted, ...] = ()
    completions: tuple[Completion, ...] = ()
    total: int = 0

    @property
    def open(self) -> list[Counted]:
        """The events that are not consumed, in the order of their times."""
        return sorted((each for each in self.counted if not each.is_consumed), key=lambda each: each.at)


@dataclass(frozen=True, slots=True)
class BehaviorState:
    """What is known of a behavior: its goals by id, its completions, and their number as far as a cap needs it."""

    goals: Mapping[int, GoalState] = field(default_factory=dict)
    earned: tuple[datetime, ...] = ()
    total: int = 0

    def of(self, goal_id: int) -> GoalState:
        """The state of one goal."""
        return self.goals.get(goal_id, NOTHING)


NOTHING = GoalState()


@dataclass(frozen=True, slots=True)
class Changes:
    """The rows to be written; new ones with the goal's id.

    `grown` are events with a larger amount, `consumed` the ids of events to be marked as consumed, `spent` of those to
    be deleted.
    """

    counted: list[tuple[int, Counted]]
    grown: list[Counted]
    consumed: list[int]
    spent: list[int]
    completed: list[tuple[int, Completion]]
    no_longer_waiting: list[int]
