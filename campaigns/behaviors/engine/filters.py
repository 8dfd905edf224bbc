"""Events as the engine sees them, and the filters of goals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """An event: `at` is its own time, `facts` the argument of a filter's predicate (see `event_facts`)."""

    name: str
    at: datetime
    amount: Decimal | None = None
    facts: object = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """A window of the day, days of the week (Monday is 0; empty: all), and a predicate over the event's facts.

    The window begins at `start` and is over at `end`, in the organization's zone. Where the end is not after the start
    it passes midnight, and what is after midnight belongs to the day before.
    """

    start: time | None = None
    end: time | None = None
    days: frozenset[int] = frozenset()
    predicate: Callable[[Any], bool] | None = None

    def matches(self, event: EngineEvent, zone: ZoneInfo) -> bool:
        """Whether the goal may count the event."""
        local = event.at.astimezone(zone)
        day, moment = local.date(), local.time()
        start, end = self.start or time(), self.end
        if end is not None and end <= start:
            if end <= moment < start:
                return False
            day -= timedelta(days=moment < end)
        elif moment < start or (end is not None and moment >= end):
            return False
        if self.days and day.weekday() not in self.days:
            return False
        return self.predicate is None or self.predicate(event.facts)


def event_facts(
    attributes: Mapping[str, object], amount: Decimal | None, quantity: int | None
) -> dict[str, str | int | bool | None]:
    """The facts of a filter: the scalar attributes, with `amount` and `quantity` unless attributes have these names."""
    facts = {"amount": amount, "quantity": quantity} | dict(attributes)
    return {name: _kept(value) for name, value in facts.items() if not isinstance(value, list | dict)}


def _kept(value: Any) -> str | int | bool | None:
    return format(Decimal(str(value)), "f") if isinstance(value, float | Decimal) else value
