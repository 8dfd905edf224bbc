"""The behavior engine as docs/behaviors.md tells it, slow and obvious: it keeps everything and looks at all of it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo


@dataclass
class Seen:
    """An event that counted."""

    at: datetime
    amount: Decimal
    is_used: bool = False


@dataclass
class Done:
    """A completed goal."""

    at: datetime
    waits: bool


@dataclass
class Reference:
    """One customer and one behavior; `goals` and `behavior` have the names of contract 1's table Data."""

    behavior: dict[str, Any]
    goals: list[dict[str, Any]]
    zone: ZoneInfo
    earned: list[datetime] = field(default_factory=list)
    seen: dict[int, list[Seen]] = field(default_factory=dict)
    done: dict[int, list[Done]] = field(default_factory=dict)

    def advance(self, name: str, at: datetime, amount: Decimal | None) -> bool:
        """Whether the behavior is earned by an event."""
        may_earn = self._has_room(self.behavior, self.earned, at) and self._is_spaced(self.behavior, self.earned, at)
        completed = [
            number
            for number, goal in enumerate(self.goals)
            if goal["internal_event_name"] == name and may_earn and self._count(number, goal, at, amount)
        ]
        if not completed or not self._is_all_done():
            return False
        for each in self._all_done():
            each.waits = False
        self.earned.append(at)
        return True

    def _count(self, number: int, goal: dict[str, Any], at: datetime, amount: Decimal | None) -> bool:
        """Whether the event completes the goal."""
        seen, done = self.seen.setdefault(number, []), self.done.setdefault(number, [])
        waiting = [each for each in done if each.waits]
        by_money = goal.get("eligible_spend")
        by_days = goal.get("consecutive") and not by_money
        if by_money and not amount:
            return False
        if by_days and any(self._day(each.at) == self._day(at) for each in seen):
            return False
        if not (
            (not waiting or self._same_period() is not None)
            and self._has_room(goal, [each.at for each in done], at)
            and self._is_spaced(goal, [each.at for each in seen], at)
        ):
            return False
        new = Seen(at, amount or Decimal(0))
        seen.append(new)
        used = self._completing(goal, [each for each in seen if not each.is_used], new)
        for each in used:
            each.is_used = True
        if used:
            is_latest = all(each.at <= at for each in waiting)
            for before in waiting:
                before.waits = not is_latest
            done.append(Done(at, waits=is_latest))
        return bool(used)

    def _completing(self, goal: dict[str, Any], candidates: list[Seen], new: Seen) -> list[Seen]:
        """The events of the first window, by its end, that holds the new one and has enough."""
        period = timedelta(seconds=goal["period"]) if goal.get("period") else None
        for last in sorted(candidates, key=lambda each: each.at):
            if goal.get("consecutive") and not goal.get("eligible_spend"):
                days = [self._day(last.at) - timedelta(days=back) for back in range(goal["event_count"])]
                inside = [each for each in candidates if self._day(each.at) in days]
                is_enough = {self._day(each.at) for each in inside} == set(days)
                if period is not None and inside:
                    times = [each.at for each in inside]
                    is_enough = is_enough and max(times) - min(times) < period
            elif period is None:
                inside = candidates
                is_enough = self._is_enough(goal, inside)
            else:
                inside = [each for each in candidates if last.at - period < each.at <= last.at]
                is_enough = self._is_enough(goal, inside)
            if is_enough and any(each is new for each in inside):
                return inside
        return []

    @staticmethod
    def _is_enough(goal: dict[str, Any], inside: list[Seen]) -> bool:
        reached = sum(each.amount for each in inside) if goal.get("eligible_spend") else len(inside)
        return bool(reached >= goal["event_count"])

    def _has_room(self, rule: dict[str, Any], times: list[datetime], at: datetime) -> bool:
        """Whether one more at `at` breaks no cap."""
        everything = [*times, at]
        caps = {
            name: rule.get(f"max_times_achievable{name}") for name in ("", "_per_period", "_per_month", "_per_year")
        }
        if caps[""] is not None and len(everything) > caps[""]:
            return False
        if caps["_per_period"] is not None:
            period = timedelta(seconds=rule["period"]) if rule.get("period") else None
            if not self._is_sparse(everything, at, period, caps["_per_period"]):
                return False
        month = [each for each in everything if self._day(each).replace(day=1) == self._day(at).replace(day=1)]
        year = [each for each in everything if self._day(each).year == self._day(at).year]
        return (caps["_per_month"] is None or len(month) <= caps["_per_month"]) and (
            caps["_per_year"] is None or len(year) <= caps["_per_year"]
        )

    def _is_spaced(self, rule: dict[str, Any], times: list[datetime], at: datetime) -> bool:
        if not rule.get("min_time_between_events"):
            return True
        spacing = timedelta(seconds=rule["min_time_between_events"])
        return self._is_sparse([*times, at], at, spacing, rule.get("min_time_between_events_count", 1))

    @staticmethod
    def _is_sparse(times: list[datetime], at: datetime, period: timedelta | None, maximum: int) -> bool:
        """Whether every window that holds `at` has at most so many; a window ends where something happened."""
        if period is None:
            return len(times) <= maximum
        ends = [end for end in times if end - period < at <= end]
        return all(sum(end - period < each <= end for each in times) <= maximum for end in ends)

    def _same_period(self) -> timedelta | None:
        is_asked = self.behavior.get("use_same_period") and self.behavior.get("period")
        return timedelta(seconds=self.behavior["period"]) if is_asked else None

    def _all_done(self) -> list[Done]:
        return [each for several in self.done.values() for each in several if each.waits]

    def _is_all_done(self) -> bool:
        """Whether each group has enough complete goals, in one period where that is asked for."""
        period = self._same_period()
        ends = [each.at for each in self._all_done()] if period else [None]
        return any(self._is_done_until(end, period) for end in ends)

    def _is_done_until(self, end: datetime | None, period: timedelta | None) -> bool:
        groups = {goal["group_index"] for goal in self.goals}
        for group in groups:
            members = [number for number, goal in enumerate(self.goals) if goal["group_index"] == group]
            complete = [
                number
                for number in members
                if any(
                    each.waits and (end is None or period is None or end - period < each.at <= end)
                    for each in self.done.get(number, [])
                )
            ]
            counts = self.behavior.get("goal_counts", [])
            asked = counts[group] if group < len(counts) else None
            if len(complete) < min(asked or len(members), len(members)):
                return False
        return True

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()
