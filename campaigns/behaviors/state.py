"""States of customers' behaviors: all that a batch of events needs, read in one statement.

Each look-up is a short range of an index (see `campaigns.behaviors.engine.lookups`), so its cost doesn't depend on the
length of a customer's history.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache

import orjson

from campaigns.behaviors.engine import Behavior, BehaviorState, Completion, Counted, GoalState, Lookup, LookupKind
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

FIND_HISTORIES = SQL("find_histories")
# Only the parts that are asked for are put into the statement: each costs time even if it finds nothing.
PARTS = {
    LookupKind.OPEN: SQL("open_events"),
    LookupKind.COUNTED: SQL("counted_events"),
    LookupKind.WAITING: SQL("waiting_completions"),
    LookupKind.EARNED: SQL("completions"),
    LookupKind.TOTAL: SQL("number_of_completions"),
}
CustomerLookup = tuple[int, Lookup]  # of a customer
Key = tuple[int, int]  # a customer's and an achievement's id


class StateStore:
    """What was looked up, by customer and achievement."""

    def __init__(self) -> None:
        self.counted: dict[Key, dict[int, Counted]] = {}
        self.completions: dict[Key, dict[int, Completion]] = {}
        self.totals: dict[Key, int] = {}

    def state(self, customer_id: int, behavior: Behavior) -> BehaviorState:
        """A customer's state in a behavior."""
        goals = {goal.id: self._goal((customer_id, goal.id)) for goal in behavior.goals}
        own = (customer_id, behavior.id)
        earned = tuple(each.at for each in self.completions.get(own, {}).values())
        return BehaviorState(goals, earned, self.totals.get(own, 0))

    def _goal(self, key: Key) -> GoalState:
        counted, completions = self.counted.get(key, {}), self.completions.get(key, {})
        return GoalState(tuple(counted.values()), tuple(completions.values()), self.totals.get(key, 0))


def load_states(asked: Iterable[CustomerLookup]) -> StateStore:
    """Look everything up in one statement; none if there are no look-ups."""
    store = StateStore()
    rows = [{"customer_id": key[0], **_row(lookup)} for key, several in _grouped(asked) for lookup in several]
    if not rows:
        return store
    found = _statement(frozenset(row["kind"] for row in rows)).rows([orjson.dumps(rows).decode()])
    for kind, customer_id, achievement_id, row_id, at, amount, flag in found:
        key = (customer_id, achievement_id)
        if kind == LookupKind.TOTAL:
            store.totals[key] = row_id
        elif kind in {LookupKind.OPEN, LookupKind.COUNTED}:
            store.counted.setdefault(key, {})[row_id] = Counted(at, amount, row_id, flag)
        else:
            store.completions.setdefault(key, {})[row_id] = Completion(at, row_id, flag)
    return store


@cache
def _statement(wanted: frozenset[LookupKind]) -> PreparedStatement:
    parts = " UNION ALL ".join(PARTS[kind] for kind in PARTS if kind in wanted)
    return PreparedStatement(FIND_HISTORIES.format(parts=parts))


def _row(lookup: Lookup) -> dict[str, object]:
    return {
        "kind": lookup.kind,
        "achievement_id": lookup.achievement_id,
        "since": lookup.since,
        "until": lookup.until,
        "many": lookup.many,
    }


def _grouped(asked: Iterable[CustomerLookup]) -> Iterator[tuple[tuple[int, int, LookupKind], list[Lookup]]]:
    """The look-ups by customer, achievement and kind; overlapping ones are merged."""
    groups: dict[tuple[int, int, LookupKind], dict[tuple[datetime, datetime], Lookup]] = {}
    for customer_id, lookup in asked:
        group = groups.setdefault((customer_id, lookup.achievement_id, lookup.kind), {})
        group[lookup.since, lookup.until] = lookup
    for key, spans in groups.items():
        yield key, list(spans.values()) if len(spans) == 1 else _merged(spans)


def _merged(spans: dict[tuple[datetime, datetime], Lookup]) -> list[Lookup]:
    merged: list[Lookup] = []
    for (since, until), lookup in sorted(spans.items(), key=lambda item: item[0]):
        if merged and since <= merged[-1].until:
            last = merged.pop()
            merged.append(Lookup(last.kind, last.achievement_id, last.since, max(last.until, until), last.many))
        else:
            merged.append(lookup)
    return merged
