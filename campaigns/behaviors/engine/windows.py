"""The sum in each rolling window of one length, updated while events are added and consumed, in any order.

A window ends at one of the known times and has what is less than a period before it. Each query and each change is
about the windows around a time: a range of ends, and log n steps in a segment tree over them.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

Amount = Decimal | int


class Windows:
    """`ends` are all times that may be added, `loads` what is there already: times with their amounts."""

    def __init__(
        self, ends: Iterable[datetime], period: timedelta, loads: Iterable[tuple[datetime, Amount]] = ()
    ) -> None:
        self._ends = sorted(set(ends))
        self._period = period
        self._width = 1 << max(len(self._ends) - 1, 0).bit_length()
        # Of each node: the largest sum below it, and what is to be added to all sums below it.
        self._most: list[Amount] = [*[0] * self._width, *self._filled(loads)]
        self._more: list[Amount] = [0] * (2 * self._width)
        for node in range(self._width - 1, 0, -1):
            self._most[node] = max(self._most[2 * node], self._most[2 * node + 1])

    def knows(self, at: datetime) -> bool:
        """Whether a window ends at a time."""
        place = bisect_left(self._ends, at)
        return place < len(self._ends) and self._ends[place] == at

    def add(self, at: datetime, amount: Amount) -> None:
        """Add an amount at a time; a negative one if it was consumed."""
        self._add(1, 0, self._width, *self._range(at), amount)

    def first(self, at: datetime, amount: Amount) -> datetime | None:
        """The end of the first window around a time whose sum is `amount` or more; None if there is none."""
        place = self._first_in(1, 0, self._width, *self._range(at), amount)
        return None if place is None else self._ends[place]

    def _range(self, at: datetime) -> tuple[int, int]:
        """The half-open range of the windows around a time."""
        try:
            last = at + self._period
        except OverflowError:
            return bisect_left(self._ends, at), len(self._ends)
        return bisect_left(self._ends, at), bisect_left(self._ends, last)

    def _filled(self, loads: Iterable[tuple[datetime, Amount]]) -> list[Amount]:
        changes: list[Amount] = [0] * (self._width + 1)
        for at, amount in loads:
            start, end = self._range(at)
            changes[start] += amount
            changes[end] -= amount
        return list(accumulate(changes[:-1]))

    def _add(self, node: int, first: int, width: int, start: int, end: int, amount: Amount) -> None:
        if start >= first + width or end <= first:
            return
        if start <= first and first + width <= end:
            self._most[node] += amount
            self._more[node] += amount
            return
        half = width // 2
        self._add(2 * node, first, half, start, end, amount)
        self._add(2 * node + 1, first + half, half, start, end, amount)
        self._most[node] = max(self._most[2 * node], self._most[2 * node + 1]) + self._more[node]

    def _first_in(self, node: int, first: int, width: int, start: int, end: int, amount: Amount) -> int | None:
        if start >= first + width or end <= first or self._most[node] < amount:
            return None
        if width == 1:
            return first
        half, amount = width // 2, amount - self._more[node]
        found = self._first_in(2 * node, first, half, start, end, amount)
        return self._first_in(2 * node + 1, first + half, half, start, end, amount) if found is None else found
