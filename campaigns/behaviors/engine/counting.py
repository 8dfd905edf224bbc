"""Counting of one goal: each event takes few steps, whatever the size of the batch and the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.behaviors.engine.calendar import NEVER, day_around
from campaigns.behaviors.engine.caps import CapReason
from campaigns.behaviors.engine.days import Days
from campaigns.behaviors.engine.filters import EngineEvent
from campaigns.behaviors.engine.moments import Moments
from campaigns.behaviors.engine.pools import Everything, Mark, Pool, Rolling, Single, Sum
from campaigns.behaviors.engine.rules import Goal
from campaigns.behaviors.engine.states import Changes, Completion, Counted, GoalState
from campaigns.behaviors.engine.verdicts import Verdict

OF_GOAL = {
    CapReason.IN_ALL: Verdict.GOAL_IN_ALL,
    CapReason.PER_PERIOD: Verdict.GOAL_PER_PERIOD,
    CapReason.PER_MONTH: Verdict.GOAL_PER_MONTH,
    CapReason.PER_YEAR: Verdict.GOAL_PER_YEAR,
}
OF_CAP = {verdict: reason for reason, verdict in OF_GOAL.items()}


@dataclass(slots=True, eq=False)
class Done:
    """A completion; `id` None: not stored yet."""

    at: datetime
    id: int | None = None
    is_waiting: bool = False
    was_waiting: bool = False


class GoalCount:
    """Progress of a goal, from what is known of it; `coming` are the times of all events that may be counted.

    `refreshes`: a completed goal goes on counting.
    """

    def __init__(
        self, goal: Goal, known: GoalState, zone: ZoneInfo, coming: Sequence[datetime], *, refreshes: bool
    ) -> None:
        self.goal = goal
        self._known = known
        self.marks = [Mark(each.at, each.amount, each.id, each.is_consumed) for each in known.counted]
        self.done = [Done(each.at, each.id, each.is_waiting, each.is_waiting) for each in known.completions]
        self.total = known.total
        self._zone = zone
        self._refreshes = refreshes
        self._waiting = [each for each in self.done if each.is_waiting]
        self._completed = Moments((each.at for each in self.done), coming)
        # Only goals that remember need the times of counted events.
        self._counted = Moments((mark.at for mark in self.marks), coming) if goal.remembers else Moments()
        self.pool = _pool(goal, [mark for mark in self.marks if not mark.is_consumed], zone, coming)

    @property
    def waits_since(self) -> datetime | None:
        """The time of the waiting completion; None if there is none."""
        return max((each.at for each in self._waiting), default=None)

    def count(self, event: EngineEvent) -> Verdict:
        """Count an event; the verdict is the first rule that blocks it, if one does."""
        goal = self.goal
        if goal.filter is not None and not goal.filter.matches(event, self._zone):
            return Verdict.FILTERED
        if goal.counts_money and not (event.amount or 0) > 0:
            return Verdict.NO_MONEY
        refused = self.blocking_rule(event.at)
        if refused is not None:
            return refused
        mark = Mark(event.at, event.amount if goal.counts_money else None)
        self.marks.append(mark)
        if goal.remembers:
            self._counted.add(mark.at)
        if not self.pool.add(mark):
            return Verdict.COUNTED
        self._complete(event.at)
        return Verdict.COMPLETED

    def blocking_rule(self, at: datetime) -> Verdict | None:
        """The first rule by which no event counts at `at`; None if one would."""
        goal = self.goal
        if not self._refreshes and self._waiting:
            return Verdict.WAITING
        reason = goal.caps.blocking_cap(self._completed, self.total, at, self._zone)
        if reason is not None:
            return OF_GOAL[reason]
        if goal.spacing is not None and not self._counted.fits(at, goal.spacing, goal.spacing_count):
            return Verdict.THROTTLED
        if goal.counts_days and self._counted.between(*day_around(at, self._zone)):
            return Verdict.SAME_DAY
        return None

    def until(self, rule: Verdict, at: datetime) -> datetime:
        """When a rule that blocks at `at` blocks no longer; NEVER if it always does."""
        if rule in OF_CAP:
            return self.goal.caps.until(OF_CAP[rule], self._completed, at, self._zone)
        if rule is Verdict.THROTTLED and self.goal.spacing is not None:
            return self._counted.next_fitting(at, self.goal.spacing, self.goal.spacing_count)
        return day_around(at, self._zone)[1] if rule is Verdict.SAME_DAY else NEVER

    def may_complete(self, at: datetime) -> bool:
        """Whether it can be completed immediately, as if the customer had done everything."""
        reason = self.goal.caps.blocking_cap(self._completed, self.total, at, self._zone)
        return reason is None and (self._refreshes or not self._waiting)

    def complete_immediately(self, at: datetime) -> None:
        """Complete it as if the customer had done everything."""
        self.pool.take_near(at)
        self._complete(at)

    def rest(self) -> None:
        """Stop waiting: the behavior is complete."""
        for each in self._waiting:
            each.is_waiting = False
        self._waiting.clear()

    def _complete(self, at: datetime) -> None:
        """Add a completion; of several waiting ones only the latest goes on waiting."""
        since = self.waits_since
        is_latest = since is None or at >= since
        if is_latest:
            self.rest()
        done = Done(at, is_waiting=is_latest)
        self.done.append(done)
        self._waiting += [done] if is_latest else []
        self._completed.add(at)
        self.total += 1

    def add_changes(self, found: Changes) -> None:
        """Add the rows to be written to those of other goals.

        A consumed event that was never stored, and is not needed any more, is dropped.
        """
        goal, number = self.goal, len(self._known.counted)
        for before, mark in zip(self._known.counted, self.marks[:number], strict=True):
            if not before.is_consumed and mark.id is not None:
                self._add_change(found, before, mark, mark.id)
        for mark in self.marks[number:]:
            if goal.remembers or not mark.is_consumed:
                found.counted.append((goal.id, Counted(mark.at, mark.amount, None, mark.is_consumed)))
        for done in self.done:
            if done.id is None:
                found.completed.append((goal.id, Completion(done.at, is_waiting=done.is_waiting)))
            elif done.was_waiting and not done.is_waiting:
                found.no_longer_waiting.append(done.id)

    def _add_change(self, found: Changes, before: Counted, mark: Mark, kept_id: int) -> None:
        """The same for an event that is stored and was not consumed before."""
        if mark.is_consumed:
            (found.consumed if self.goal.remembers else found.spent).append(kept_id)
        elif mark.amount != before.amount:
            found.grown.append(Counted(mark.at, mark.amount, kept_id))


def _pool(goal: Goal, marks: Sequence[Mark], zone: ZoneInfo, coming: Sequence[datetime]) -> Pool:
    if goal.is_immediate:
        return Single(goal, marks)
    if goal.is_pooled:
        return Sum(goal, marks)
    if goal.counts_days:
        return Days(goal, marks, zone)
    if goal.period is None:
        return Everything(goal, marks)
    return Rolling(goal, marks, goal.period, coming)
