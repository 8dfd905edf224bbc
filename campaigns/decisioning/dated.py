"""What takes effect between two times, found by a time: what is over, or has not begun, costs nothing."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Generic, TypeVar

LONG_AGO = datetime.min.replace(tzinfo=UTC)
Item = TypeVar("Item")


class Dated(Generic[Item]):
    """Items with their (half-open) spans of time: `at` takes log n steps for each that it finds, whatever their number.

    They stand in the order of their beginnings, under a tree that knows the latest end below each of its nodes.
    """

    def __init__(self, spans: Iterable[tuple[datetime, datetime, Item]]) -> None:
        placed = sorted(enumerate(spans), key=lambda one: one[1][0])
        self._starts = [start for _, (start, _, _) in placed]
        self._items = [(rank, item) for rank, (_, _, item) in placed]
        self._width = 1 << max(len(placed) - 1, 0).bit_length()
        ends = [end for _, (_, end, _) in placed] + [LONG_AGO] * (self._width - len(placed))
        self._latest = [LONG_AGO] * self._width + ends
        for node in range(self._width - 1, 0, -1):
            self._latest[node] = max(self._latest[2 * node], self._latest[2 * node + 1])

    def at(self, moment: datetime) -> list[Item]:
        """Those whose span holds a moment, in the order in which they were given."""
        begun = bisect_right(self._starts, moment)
        found: list[tuple[int, Item]] = []
        # Nodes, each with the first place below it and how many there are.
        open_ones = [(1, 0, self._width)]
        while open_ones:
            node, first, width = open_ones.pop()
            if first >= begun or self._latest[node] <= moment:
                continue
            if width == 1:
                found.append(self._items[first])
                continue
            half = width // 2
            open_ones += [(2 * node, first, half), (2 * node + 1, first + half, half)]
        return [item for _, item in sorted(found, key=lambda one: one[0])]

    def next_start(self, moment: datetime) -> datetime | None:
        """When the next one begins after a moment; None where none does."""
        place = bisect_right(self._starts, moment)
        return self._starts[place] if place < len(self._starts) else None
