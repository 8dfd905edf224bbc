"""Consecutive days: open marks by day, and the runs of days that these make.

A span of days is completed by one mark and is examined then only: all together take as many steps as there are days.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.behaviors.engine.calendar import local_day, shifted
from campaigns.behaviors.engine.pools import AT, Mark, Pool
from campaigns.behaviors.engine.rules import Goal


class Days(Pool):
    """Days are ordinals. The two ends of each run know each other; entries of days within a run may be stale."""

    def __init__(self, goal: Goal, marks: Iterable[Mark], zone: ZoneInfo) -> None:
        super().__init__(goal, marks)
        self._zone = zone
        self._arrange()

    def add(self, mark: Mark) -> Sequence[Mark]:
        """The marks of the earliest run of enough consecutive days that has the new mark's day."""
        self._insert(mark)
        day = self._day(mark)
        is_new = day not in self._days
        insort(self._days.setdefault(day, []), mark, key=AT)
        first, last = self._joined(day) if is_new else self._around(day)
        more = self.goal.needed - 1
        for start in range(max(first, day - more), min(day, last - more) + 1):
            span = self._span(start, start + more, mark.at)
            if span is not None:
                used = self._take(*span)
                self._cut(first, last, start, start + more)
                return used
        return ()

    def take_near(self, at: datetime) -> Sequence[Mark]:
        """Consume all marks that may be in one period with a time."""
        used = super().take_near(at)
        self._arrange()
        return used

    def _take(self, start: int, end: int) -> Sequence[Mark]:
        used = super()._take(start, end)
        for day in {self._day(mark) for mark in used}:
            left = [mark for mark in self._days.pop(day) if not mark.is_consumed]
            if left:
                self._days[day] = left
        return used

    def _span(self, start: int, end: int, at: datetime) -> tuple[int, int] | None:
        """The slice of the marks on days `start` to `end` that fit into one period with `at`; None if they don't."""
        early, late, period = self._days[start], self._days[end], self.goal.period
        if period is not None:
            early = early[bisect_right(early, shifted(at, -period), key=AT) :]
            late = late[: bisect_left(late, shifted(at, period), key=AT)]
            if not early or not late or late[-1].at - early[0].at >= period:
                return None
        return bisect_left(self.marks, early[0].at, key=AT), bisect_right(self.marks, late[-1].at, key=AT)

    def _day(self, mark: Mark) -> int:
        return local_day(mark.at, self._zone).toordinal()

    def _arrange(self) -> None:
        self._days: dict[int, list[Mark]] = {}
        self._first: dict[int, int] = {}  # of a run, by its last day
        self._last: dict[int, int] = {}  # of a run, by its first day
        for mark in self.marks:
            day = self._day(mark)
            if day not in self._days:
                self._days[day] = []
                self._joined(day)
            self._days[day].append(mark)

    def _joined(self, day: int) -> tuple[int, int]:
        """The run that a new day makes with its neighbours."""
        first = self._first[day - 1] if day - 1 in self._days else day
        last = self._last[day + 1] if day + 1 in self._days else day
        self._note(first, last)
        return first, last

    def _around(self, day: int) -> tuple[int, int]:
        """The run of a day that has marks already, which happens after a change of the rules or a merge."""
        first = last = day
        while first - 1 in self._days:
            first -= 1
        while last + 1 in self._days:
            last += 1
        return first, last

    def _cut(self, first: int, last: int, start: int, end: int) -> None:
        """Split a run at those days from `start` to `end` that have no marks any more."""
        for day in range(start, end + 1):
            if day not in self._days:
                self._note(first, day - 1)
                first = day + 1
        self._note(first, last)

    def _note(self, first: int, last: int) -> None:
        if first <= last:
            self._first[last], self._last[first] = first, last
