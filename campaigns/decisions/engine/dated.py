"""What takes effect between two times, found by a time: what is over, or has not begun, costs nothing."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar

LONG_AGO = datetime.min.replace(tzinfo=UTC)
# So many changes, and one more for so many items, stand beside a tree before it is made anew.
FEW, SHARE = 64, 64
Item = TypeVar("Item")


class Span(NamedTuple, Generic[Item]):
    """Something with its (half-open) span of time; `rank` is its own alone, and they are found in the ranks' order."""

    starts_at: datetime
    ends_at: datetime
    rank: int
    item: Item


class Tree(Generic[Item]):
    """Spans in the order of their beginnings, under a tree that knows the latest end below each of its nodes."""

    def __init__(self, spans: Iterable[Span[Item]]) -> None:
        self._placed = sorted(spans, key=lambda span: span.starts_at)
        self._starts = [span.starts_at for span in self._placed]
        self._width = 1 << max(len(self._placed) - 1, 0).bit_length()
        ends = [span.ends_at for span in self._placed] + [LONG_AGO] * (self._width - len(self._placed))
        self._latest = [LONG_AGO] * self._width + ends
        for node in range(self._width - 1, 0, -1):
            self._latest[node] = max(self._latest[2 * node], self._latest[2 * node + 1])

    def at(self, moment: datetime) -> list[Span[Item]]:
        """Those that hold a moment: log n steps for each of them, whatever their number."""
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
        """The first one that begins after a moment, but for those of some ranks."""
        for place in range(bisect_right(self._starts, moment), len(self._placed)):
            if self._placed[place].rank not in left:
                return self._placed[place]
        return None


class Dated(Generic[Item]):
    """Items with their spans. It never changes: `changed` makes another one, which mostly shares its tree.

    `left` are the ranks of what the tree has and is no longer, or not so; `beside` is what it has not, or not so.
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
        """All of these."""
        return cls({span.rank: span for span in spans})

    def __len__(self) -> int:
        return len(self._spans)

    def changed(self, gone: Iterable[int], come: Iterable[Span[Item]]) -> "Dated[Item]":
        """The same without what has these ranks, and with these spans."""
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
        """Those whose span holds a moment, in the order of their ranks."""
        found = [span for span in self._tree.at(moment) if span.rank not in self._left]
        found += [span for span in self._beside if span.starts_at <= moment < span.ends_at]
        return [span.item for span in sorted(found, key=lambda span: span.rank)]

    def next_start(self, moment: datetime) -> datetime | None:
        """When the next one begins after a moment; None where none does."""
        first = self._tree.after(moment, self._left)
        later = [span.starts_at for span in self._beside if span.starts_at > moment]
        return min(later if first is None else [*later, first.starts_at], default=None)
