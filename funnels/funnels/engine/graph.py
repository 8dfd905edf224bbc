"""What must hold of steps as a whole: every step reachable, no loop, and so a way to the end from everywhere."""

from collections.abc import Iterator, Mapping

Targets = Mapping[str, tuple[str | None, ...]]


def graph_problems(start: str, targets: Targets) -> Iterator[str]:
    """A sentence for each problem; `targets` says where each step may lead (None is the end)."""
    for name, places in targets.items():
        unknown = sorted({place for place in places if place is not None and place not in targets})
        yield from (f"step {name!r} leads to {place!r}, which is no step." for place in unknown)
    reached = _reached(start, targets)
    yield from (f"step {name!r} can't be reached." for name in targets if name not in reached)
    loop = _loop(targets)
    if loop:
        yield f"the steps {', '.join(map(repr, loop))} make a loop."


def longest_path(start: str, targets: Targets) -> int:
    """How many steps the longest path from `start` has; the graph must be without problems."""
    lengths: dict[str, int] = {}
    for name in reversed(_in_order(start, targets)):
        lengths[name] = 1 + max((lengths[place] for place in targets[name] if place is not None), default=0)
    return lengths[start]


def _places(name: str, targets: Targets) -> list[str]:
    return [place for place in targets[name] if place is not None and place in targets]


def _reached(start: str, targets: Targets) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for place in _places(waiting.pop(), targets):
            if place not in reached:
                reached.add(place)
                waiting.append(place)
    return reached


def _loop(targets: Targets) -> list[str]:
    """The steps on a loop or between two loops.

    Steps without a successor or a predecessor are removed until there are none; these are left.
    """
    left = dict.fromkeys(targets)
    shrinking = True
    while shrinking:
        led_to = {place for name in left for place in _places(name, targets)}
        gone = [name for name in left if name not in led_to or not any(p in left for p in _places(name, targets))]
        for name in gone:
            del left[name]
        shrinking = bool(gone)
    return list(left)


def _in_order(start: str, targets: Targets) -> list[str]:
    """The steps in topological order: each before those that it leads to."""
    incoming = dict.fromkeys(targets, 0)
    for name in targets:
        for place in _places(name, targets):
            incoming[place] += 1
    ordered, ready = [], [start]
    while ready:
        name = ready.pop()
        ordered.append(name)
        for place in _places(name, targets):
            incoming[place] -= 1
            if not incoming[place]:
                ready.append(place)
    return ordered
