"""Simulation: a series of events run through a behavior in memory; nothing is written."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from campaigns.behaviors.compiled import CompiledBehavior
from campaigns.behaviors.engine import SENTENCES, BehaviorState, EngineEvent, Goal, Tally, Verdict
from campaigns.behaviors.event_facts import facts_of_event
from campaigns.models import Event
from campaigns.targeting import CustomerFacts
from customers.errors import invalid
from customers.models import Customer

OUTSIDE = "is outside the campaign's dates"
NO_TARGET = "is of a customer who doesn't meet the campaign's targets"
# Of events in a file.
FIRST_YEAR, LAST_YEAR = 1970, 9999
OWN_COLUMNS = ("name", "at", "amount", "quantity")


@dataclass(frozen=True, slots=True)
class Replayed:
    """An event, whether it would earn the behavior, and a sentence for each goal of its name (or one for all)."""

    event: EngineEvent
    is_earned: bool
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Simulation:
    """A behavior for a customer without history; `facts` are the customer's, None to ignore targets.

    The campaign's status doesn't matter, so that drafts can be tried; its dates do.
    """

    compiled: CompiledBehavior
    zone: ZoneInfo
    facts: CustomerFacts | None = None

    def replay(self, events: Iterable[EngineEvent]) -> Iterator[Replayed]:
        """The events in the order of their arrival; those that no goal counts are left out."""
        names = {goal.event_name for goal in self.compiled.behavior.goals}
        named = [event for event in events if event.name in names]
        times = [event.at for event in named]
        tally = Tally(self.compiled.behavior, BehaviorState(), self.zone, times)
        return (self._replay(tally, event) for event in named)

    def _replay(self, tally: Tally, event: EngineEvent) -> Replayed:
        if not self.compiled.window.starts_at <= event.at < self.compiled.window.ends_at:
            return Replayed(event, is_earned=False, reasons=(OUTSIDE,))
        if self.facts is not None and not self.compiled.matches(self.facts):
            return Replayed(event, is_earned=False, reasons=(NO_TARGET,))
        result = tally.advance(event)
        named = {goal.id: goal for goal in self.compiled.behavior.goals}
        reasons = tuple(
            f"{SENTENCES[verdict]} ({named[goal_id].name}{_so_far(tally, named[goal_id], verdict)})"
            for goal_id, verdict in result.verdicts
        )
        return Replayed(event, result.is_earned, reasons)


def _so_far(tally: Tally, goal: Goal, verdict: Verdict) -> str:
    """How much is counted and not consumed, if the event counted."""
    if verdict is not Verdict.COUNTED:
        return ""
    return f": {tally.so_far(goal.id)} since the last completion, {goal.needed} needed in a period"


def stored_events(*, customer: Customer, limit: int) -> Iterator[EngineEvent]:
    """The newest events of a customer, at most `limit`, in the order of their arrival."""
    events = Event.objects.filter(organization=customer.organization_id, customer=customer).order_by("-id")[:limit]
    for event in reversed(events):
        yield _engine_event(event.name, event.at, event.amount, event.quantity, event.attributes)


def events_in_csv(file: TextIO) -> Iterator[EngineEvent]:
    """The events of a CSV with a header: `name`, `at`, optionally `amount` and `quantity`; the rest are attributes.

    DomainError `validation` names the line that is wrong.
    """
    reader = csv.DictReader(file)
    for row in _rows(reader):
        try:
            at = datetime.fromisoformat(row["at"])
            amount = _number(row.get("amount"))
            quantity = int(row["quantity"]) if row.get("quantity") else None
            attributes = {name: value for name, value in row.items() if name and name not in OWN_COLUMNS}
            event = _engine_event(row["name"], at, amount, quantity, attributes)
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise invalid(csv=f"Line {reader.line_num}: name and at (with its offset) are expected.") from error
        if at.tzinfo is None or not FIRST_YEAR <= at.year < LAST_YEAR:
            raise invalid(csv=f"Line {reader.line_num}: a time such as 2026-11-21T12:00:00+00:00 is expected.")
        yield event


def _rows(reader: "csv.DictReader[str]") -> Iterator[dict[str, Any]]:
    try:
        yield from reader
    except csv.Error as error:
        raise invalid(csv=f"Line {reader.line_num}: {error}.") from error


def _number(text: str | None) -> Decimal | None:
    """An amount; ValueError for NaN and infinity."""
    amount = Decimal(text) if text else None
    if amount is not None and not amount.is_finite():
        raise ValueError(text)
    return amount


def _engine_event(
    name: str, at: datetime, amount: Decimal | None, quantity: int | None, attributes: dict[str, object]
) -> EngineEvent:
    return EngineEvent(name, at, amount, facts_of_event(attributes, amount, quantity))
