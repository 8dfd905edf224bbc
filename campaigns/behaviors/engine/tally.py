"""One behavior of one customer and a batch of events, in any order: completions and the rows to be written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.behaviors.engine.caps import CapReason
from campaigns.behaviors.engine.counting import GoalCount
from campaigns.behaviors.engine.filters import EngineEvent
from campaigns.behaviors.engine.moments import Moments
from campaigns.behaviors.engine.rules import Behavior
from campaigns.behaviors.engine.states import BehaviorState, Changes
from campaigns.behaviors.engine.verdicts import Verdict
from campaigns.behaviors.engine.windows import Amount

OF_BEHAVIOR = {
    CapReason.IN_ALL: Verdict.BEHAVIOR_IN_ALL,
    CapReason.PER_PERIOD: Verdict.BEHAVIOR_PER_PERIOD,
    CapReason.PER_MONTH: Verdict.BEHAVIOR_PER_MONTH,
    CapReason.PER_YEAR: Verdict.BEHAVIOR_PER_YEAR,
    CapReason.SPACING: Verdict.BEHAVIOR_SPACING,
}
# The verdicts after which enough goals may be complete.
MAY_EARN = frozenset({Verdict.COUNTED, Verdict.COMPLETED, Verdict.WAITING})


@dataclass(frozen=True, slots=True)
class AdvanceResult:
    """The verdict of each goal of the event's name, by id, and whether the behavior was earned."""

    verdicts: tuple[tuple[int, Verdict], ...]
    is_earned: bool


class Tally:
    """A customer's progress in a behavior, from its state before a batch.

    `coming` are the times of the events of the batch. Other events may be counted as well, but each takes as many steps
    as there are events.
    """

    def __init__(
        self, behavior: Behavior, known: BehaviorState, zone: ZoneInfo, coming: Sequence[datetime] = ()
    ) -> None:
        self.behavior = behavior
        self.total = known.total
        self._zone = zone
        self._earned = Moments(known.earned, coming)
        refreshes = behavior.same_period is not None
        self._goals = {
            goal.id: GoalCount(goal, known.of(goal.id), zone, coming, refreshes=refreshes) for goal in behavior.goals
        }

    def advance(self, event: EngineEvent) -> AdvanceResult:
        """Count an event towards the goals of its name; the behavior is earned at most once by it, at its own time.

        An event whose goal is waiting may complete the behavior as well: after a merge, or a change of the goals, all
        may be complete already.
        """
        named = [goal for goal in self._goals.values() if goal.goal.event_name == event.name]
        reason = self.blocking_cap(event.at)
        if reason is not None:
            return AdvanceResult(tuple((goal.goal.id, OF_BEHAVIOR[reason]) for goal in named), is_earned=False)
        verdicts = tuple((goal.goal.id, goal.count(event)) for goal in named)
        may_earn = any(verdict in MAY_EARN for _, verdict in verdicts)
        is_earned = may_earn and _is_complete(self.behavior, self._waiting())
        if is_earned:
            self._earn(event.at)
        return AdvanceResult(verdicts, is_earned)

    def complete_immediately(self, at: datetime) -> bool:
        """Complete the behavior and its goals as if the customer had done everything; False if a cap is reached."""
        if self.blocking_cap(at) is not None:
            return False
        completing = [goal for goal in self._goals.values() if goal.may_complete(at)]
        waiting = self._waiting()
        for goal in completing:
            waiting[goal.goal.id] = max(at, waiting.get(goal.goal.id, at))
        if not _is_complete(self.behavior, waiting):
            return False
        for goal in completing:
            goal.complete_immediately(at)
        self._earn(at)
        return True

    @property
    def was_earned(self) -> bool:
        """Whether it was earned before, as far as that was looked up."""
        return self.total > 0 or bool(self._earned)

    def blocking_cap(self, at: datetime) -> CapReason | None:
        """The first cap that is reached at a time; None if the behavior may be earned."""
        return self.behavior.caps.blocking_cap(self._earned, self.total, at, self._zone)

    def blocked_until(self, reason: CapReason, at: datetime) -> datetime:
        """When a cap that is reached at a time has room again; NEVER if it doesn't."""
        return self.behavior.caps.until(reason, self._earned, at, self._zone)

    def goal(self, goal_id: int) -> GoalCount:
        """One of the goals."""
        return self._goals[goal_id]

    def so_far(self, goal_id: int) -> Amount:
        """How much has counted towards a goal and is not consumed."""
        return self._goals[goal_id].pool.total

    def changes(self) -> Changes:
        """The rows to be written; completions of the behavior itself are in the results of `advance`."""
        found = Changes([], [], [], [], [], [])
        for goal in self._goals.values():
            goal.add_changes(found)
        return found

    def _waiting(self) -> dict[int, datetime]:
        """The completed goals, and since when they wait."""
        return {goal_id: since for goal_id, goal in self._goals.items() if (since := goal.waits_since) is not None}

    def _earn(self, at: datetime) -> None:
        """Complete the behavior: all goals start again."""
        for goal in self._goals.values():
            goal.rest()
        self._earned.add(at)
        self.total += 1


def _is_complete(behavior: Behavior, waiting: Mapping[int, datetime]) -> bool:
    """Whether the required goals of each group are complete, within one period if the behavior has one."""
    found = [(goal.group, waiting[goal.id]) for goal in behavior.goals if goal.id in waiting]
    if not found:
        return False
    period = behavior.same_period
    if period is None:
        return _groups_complete(behavior, [group for group, _ in found])
    return any(
        _groups_complete(behavior, [group for group, since in found if end - period < since <= end]) for _, end in found
    )


def _groups_complete(behavior: Behavior, groups: list[int]) -> bool:
    return all(groups.count(group) >= number for group, number in enumerate(behavior.required_goals))
