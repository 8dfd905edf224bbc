"""The open events of a goal, arranged so that adding the next one takes few steps."""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from campaigns.behaviors.engine.calendar import shifted
from campaigns.behaviors.engine.rules import Goal
from campaigns.behaviors.engine.windows import Amount, Windows

AT = attrgetter("at")


@dataclass(slots=True, eq=False)
class Mark:
    """An event that counted; `id` None: not stored yet. `amount` is how much it counts for, None for 1."""

    at: datetime
    amount: Decimal | None = None
    id: int | None = None
    is_consumed: bool = False

    @property
    def weight(self) -> Amount:
        """How much it contributes to what the goal needs."""
        return 1 if self.amount is None else self.amount


class Pool(ABC):
    """Open marks of one goal; those that it returns are removed from it, and consumed."""

    def __init__(self, goal: Goal, marks: Iterable[Mark]) -> None:
        self.goal = goal
        self.marks = sorted(marks, key=AT)
        self.total: Amount = sum(mark.weight for mark in self.marks)

    @abstractmethod
    def add(self, mark: Mark) -> Sequence[Mark]:
        """Add a mark; if that completes the goal, consume and return the marks of the earliest span that does."""

    def take_near(self, at: datetime) -> Sequence[Mark]:
        """Consume all marks that may be in one period with a time."""
        period = self.goal.period
        if period is None:
            return self._take(0, len(self.marks))
        start, end = shifted(at, -period), shifted(at, period)
        return self._take(bisect_right(self.marks, start, key=AT), bisect_left(self.marks, end, key=AT))

    def _take(self, start: int, end: int) -> Sequence[Mark]:
        used = self.marks[start:end]
        del self.marks[start:end]
        for mark in used:
            mark.is_consumed = True
            self.total -= mark.weight
        return used

    def _insert(self, mark: Mark) -> None:
        insort(self.marks, mark, key=AT)
        self.total += mark.weight


class Everything(Pool):
    """Without a period all marks count together."""

    def add(self, mark: Mark) -> Sequence[Mark]:
        """All of them, as soon as they complete the goal."""
        self._insert(mark)
        return self._take(0, len(self.marks)) if self.total >= self.goal.needed else ()


class Sum(Everything):
    """If only the sum matters, one mark stands for all; what exceeds the goal is consumed with it."""

    def add(self, mark: Mark) -> Sequence[Mark]:
        """The mark that stands for all, and the new one, as soon as they complete the goal."""
        used = super().add(mark)
        if not used and len(self.marks) > 1:
            # The stored mark stays, even if the new one is earlier.
            first = next(each for each in self.marks if each is not mark)
            first.amount = Decimal(self.total)
            for each in self.marks:
                each.is_consumed = each is not first
            self.marks = [first]
        return used


class Single(Pool):
    """Any mark completes the goal."""

    def add(self, mark: Mark) -> Sequence[Mark]:
        """The mark itself."""
        mark.is_consumed = True
        return (mark,)


class Rolling(Pool):
    """Marks in a rolling window that ends at one of them; `coming` are the times of marks that may be added."""

    def __init__(self, goal: Goal, marks: Iterable[Mark], period: timedelta, coming: Iterable[datetime]) -> None:
        super().__init__(goal, marks)
        self._period = period
        self._coming = coming
        self._windows: Windows | None = None

    def add(self, mark: Mark) -> Sequence[Mark]:
        """The marks of the first window around the new one that completes the goal."""
        self._insert(mark)
        end = self._windows_with(mark).first(mark.at, self.goal.needed)
        if end is None:
            return ()
        start = shifted(end, -self._period)
        return self._take(bisect_right(self.marks, start, key=AT), bisect_right(self.marks, end, key=AT))

    def _take(self, start: int, end: int) -> Sequence[Mark]:
        used = super()._take(start, end)
        if self._windows is not None:
            for mark in used:
                self._windows.add(mark.at, -mark.weight)
        return used

    def _windows_with(self, latest: Mark) -> Windows:
        """Built for the first mark, and again for one whose time is not in `coming`."""
        if self._windows is not None and self._windows.knows(latest.at):
            self._windows.add(latest.at, latest.weight)
        else:
            ends = [*(mark.at for mark in self.marks), *self._coming]
            self._windows = Windows(ends, self._period, ((mark.at, mark.weight) for mark in self.marks))
        return self._windows
