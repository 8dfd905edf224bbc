"""End times in their order: what has ended is found without looking at the rest."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from datetime import datetime
from sys import maxsize

# When something ends, and its id.
End = tuple[datetime, int]
Ends = Sequence[End]


def end_before(ends: Ends, now: datetime) -> list[int]:
    """The ids of what has ended."""
    return [key for _, key in ends[: bisect_right(ends, (now, maxsize))]]


def with_ends(ends: Ends, gone: Iterable[End], come: Iterable[End]) -> Ends:
    """The ends without `gone`, all of which are there, and with `come`."""
    changed = list(ends)
    for end in gone:
        del changed[bisect_left(changed, end)]
    several = list(come)
    if len(several) > len(changed):
        return sorted([*changed, *several])
    for end in several:
        insort(changed, end)
    return changed
