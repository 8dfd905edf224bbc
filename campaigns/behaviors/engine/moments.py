"""Times of occurrences: how many are in a span, and whether one more exceeds the cap of a rolling period."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime, timedelta

from campaigns.behaviors.engine.calendar import NEVER, shifted
from campaigns.behaviors.engine.windows import Windows


class Moments:
    """Sorted times; `coming` are those that may be added, as far as they are known."""

    def __init__(self, times: Iterable[datetime] = (), coming: Iterable[datetime] = ()) -> None:
        self._times = sorted(times)
        self._coming = coming
        self._windows: dict[timedelta, Windows] = {}

    def __len__(self) -> int:
        """The number of times."""
        return len(self._times)

    def add(self, at: datetime) -> None:
        """Add a time."""
        insort(self._times, at)
        for period, windows in list(self._windows.items()):
            if windows.knows(at):
                windows.add(at, 1)
            else:
                del self._windows[period]

    def between(self, start: datetime, end: datetime) -> int:
        """The number of times from `start` on and before `end`."""
        return bisect_left(self._times, end) - bisect_left(self._times, start)

    def fits(self, at: datetime, period: timedelta, maximum: int) -> bool:
        """Whether with one more at `at` every span of `period` around it has at most `maximum`.

        Spans before and after `at`: a late event must not exceed a cap among those that were counted already.
        """
        if len(self._times) < maximum:
            return True
        if maximum == 0:
            return False
        if at >= self._times[-1]:
            return at - self._times[-maximum] >= period
        return self._windows_of(period, at).first(at, maximum) is None

    def next_fitting(self, at: datetime, period: timedelta, maximum: int) -> datetime:
        """The first time from `at` on at which one more fits; NEVER if there is none."""
        if maximum == 0:
            return NEVER
        ends = (shifted(time, period) for time in self._times)
        later = [at, *(end for end in ends if end > at)]
        windows = Windows([*self._times, *later], period, ((time, 1) for time in self._times))
        return next((time for time in later if windows.first(time, maximum) is None), NEVER)

    def _windows_of(self, period: timedelta, at: datetime) -> Windows:
        """Built on first use, and again for a time that is not in `coming`."""
        windows = self._windows.get(period)
        if windows is None or not windows.knows(at):
            ends = [*self._times, *self._coming, at]
            windows = self._windows[period] = Windows(ends, period, ((time, 1) for time in self._times))
        return windows
