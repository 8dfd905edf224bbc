"""An index of items by their spans of time: what has ended or not begun costs nothing."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar

LONG_AGO = datetime.min.replace(tzinfo=UTC)
# A tree is rebuilt after FEW changes and one more for each SHARE items.
FEW, SHARE = 64, 64
Item = TypeVar("Item")


class Span(NamedTuple, Generic[Item]):
    """An item with its half-open span of time; `rank` is unique, and items are returned in the order of their ranks."""

    starts_at: datetime
    ends_at: datetime
    rank: int
    item: Item


class Tree(Generic[Item]):
    """Spans in the order of their starts, under a tree that has the latest end below each of its nodes."""

    def __init__(self, spans: Iterable[Span[Item]]) -> None:
        self._placed = sorted(spans, key=lambda span: span.starts_at)
        self._starts = [span.starts_at for span in self._placed]
        self._width = 1 << max(len(self._placed) - 1, 0).bit_length()
        ends = [span.ends_at for span in self._placed] + [LONG_AGO] * (self._width - len(self._placed))
        self._latest = [LONG_AGO] * self._width + ends
        for node in range(self._width - 1, 0, -1):
            self._latest[node] = max(self._latest[2 * node], self._latest[2 * node + 1])

    def at(self, moment: datetime) -> list[Span[Item]]:
        """Those that contain a time: log n steps for each of them."""
        begun = bisect_right(self._starts, moment)
        found: list[Span[Item]] = []
        # Nodes, each with the first place below it and how many there are.
        open_ones = [(1, 0, self._width)]
        while open_ones:
            node, first, width = open_ones.pop()
            if first >= begun or self._latest[node] <= moment:
                continue
            if width == 1:
                found.append(self._placed[first])
                continue
            half = width // 2
            open_ones += [(2 * node, first, half), (2 * node + 1, first + half, half)]
        return found

    def after(self, moment: datetime, left: Collection[int]) -> Span[Item] | None:
        """The first one that begins after a time, except those of some ranks."""
        for place in range(bisect_right(self._starts, moment), len(self._placed)):
            if self._placed[place].rank not in left:
                return self._placed[place]
        return None


class Dated(Generic[Item]):
    """Items with their spans. Immutable: `changed` returns another one, which mostly shares its tree.

    `left` are the ranks of removed or replaced items of the tree; `beside` are the new or replacing ones.
    """

    def __init__(
        self,
        spans: Mapping[int, Span[Item]],
        tree: Tree[Item] | None = None,
        left: frozenset[int] = frozenset(),
        beside: tuple[Span[Item], ...] = (),
    ) -> None:
        self._spans = spans
        self._tree = tree or Tree(spans.values())
        self._left = left
        self._beside = beside

    @classmethod
    def of(cls, spans: Iterable[Span[Item]]) -> "Dated[Item]":
        """An index of these spans."""
        return cls({span.rank: span for span in spans})

    def __len__(self) -> int:
        return len(self._spans)

    def changed(self, gone: Iterable[int], come: Iterable[Span[Item]]) -> "Dated[Item]":
        """This index without the ranks `gone`, and with the spans `come`."""
        new = {span.rank: span for span in come}
        touched = {*gone, *new}
        spans = dict(self._spans)
        for rank in touched:
            spans.pop(rank, None)
        spans |= new
        left = self._left | touched
        beside = (*(span for span in self._beside if span.rank not in touched), *new.values())
        if len(left) + len(beside) > FEW + len(spans) // SHARE:
            return Dated(spans)
        return Dated(spans, self._tree, left, beside)

    def at(self, moment: datetime) -> list[Item]:
        """The items whose span contains a time, in the order of their ranks."""
        found = [span for span in self._tree.at(moment) if span.rank not in self._left]
        found += [span for span in self._beside if span.starts_at <= moment < span.ends_at]
        return [span.item for span in sorted(found, key=lambda span: span.rank)]

    def next_start(self, moment: datetime) -> datetime | None:
        """When the next one begins after a time; None if there is none."""
        first = self._tree.after(moment, self._left)
        later = [span.starts_at for span in self._beside if span.starts_at > moment]
        return min(later if first is None else [*later, first.starts_at], default=None)
