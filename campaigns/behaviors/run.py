"""A batch of events run through the behavior engine in memory: states read before, effects written after.

Between the two nothing is read or written, so a batch costs as many statements as one event.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.behaviors.compiled import MAXIMUM_CHAIN, BehaviorRules, Earnable
from campaigns.behaviors.engine import Behavior, Changes, Happening, Tally, lookups
from campaigns.behaviors.event_facts import facts_of_event
from campaigns.behaviors.state import Asked, load_states
from campaigns.customer_facts.locking import LockedCustomer
from campaigns.models.offer import MAXIMUM_BALANCE
from customers.models.attribute_value import plain_digits

MONEY = re.compile(r"[0-9]{1,11}(?:[.][0-9]{1,20})?", re.ASCII)
CENT = Decimal("0.01")
Pair = tuple[int, int]  # a customer's and a behavior's id


@dataclass(frozen=True, slots=True)
class CustomerEvent:
    """Something a customer did. `at` is its own time; `event_id` makes telling it again harmless.

    `attributes` holds values that JSON can carry.
    """

    customer_id: int
    name: str
    at: datetime
    attributes: Mapping[str, Any] = field(default_factory=dict)
    event_id: str | None = None
    amount: Decimal | None = None
    quantity: int | None = None

    @property
    def happening(self) -> Happening:
        """The event as the engine sees it."""
        facts = facts_of_event(self.attributes, self.amount, self.quantity)
        return Happening(self.name, self.at, self.amount, facts)


def money_in(attributes: Mapping[str, Any]) -> Decimal | None:
    """The attribute `amount` as money, for dialects that have no other place for it; None where it is none."""
    value = attributes.get("amount")
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        text = value if isinstance(value, str) else plain_digits(value)
    except ValueError:
        return None
    return Decimal(text).quantize(CENT) if MONEY.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Earned:
    """A behavior that a customer earned; `place` is that of the event of the batch that led to it.

    `points` are those that it gives: fewer than the behavior's where the customer's balance would be too large.
    """

    place: int
    customer_id: int
    earnable: Earnable
    at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class Triggered:
    """A further event that an earned behavior led to."""

    customer_id: int
    name: str
    at: datetime


class BehaviorRun:
    """`customers` by id, which the caller has locked; their `facts` change as tags and points are earned."""

    def __init__(self, rules: BehaviorRules, zone: ZoneInfo, customers: Mapping[int, LockedCustomer]) -> None:
        self.rules = rules
        self.zone = zone
        self.customers = customers
        self.facts = {customer_id: customer.facts for customer_id, customer in customers.items()}
        self.tallies: dict[Pair, Tally] = {}
        self.earned: list[Earned] = []
        self.triggered: list[Triggered] = []

    def load(self, events: Iterable[CustomerEvent], at_once: Iterable[tuple[int, Earnable, datetime]] = ()) -> None:
        """Read all states that these events and those they may lead to, or earning at once, will need."""
        asked: list[Asked] = []
        behaviors: dict[Pair, Behavior] = {}
        coming: dict[Pair, list[datetime]] = {}

        def ask(customer_id: int, behavior: Behavior, name: str | None, at: datetime) -> None:
            pair = (customer_id, behavior.id)
            behaviors[pair] = behavior
            coming.setdefault(pair, []).append(at)
            asked.extend((customer_id, lookup) for lookup in lookups(behavior, name, at, self.zone))

        for event in events:
            for name, earnables in self.rules.open_after(event.name, event.at).items():
                for earnable in earnables:
                    ask(event.customer_id, earnable.behavior, name, event.at)
        for customer_id, earnable, at in at_once:
            ask(customer_id, earnable.behavior, None, at)
        store = load_states(asked)
        for pair, behavior in behaviors.items():
            self.tallies[pair] = Tally(behavior, store.state(pair[0], behavior), self.zone, coming[pair])

    def tell(self, place: int, event: CustomerEvent) -> None:
        """Count an event, and those that it leads to."""
        self._tell(place, event.customer_id, event.happening, (event.name,))

    def earn(self, customer_id: int, earnables: Iterable[Earnable], at: datetime) -> list[Earnable]:
        """Earn behaviors as if the customer had done all of it, then tell what that leads to; those not at a cap."""
        earned = []
        for earnable in earnables:
            if self.tallies[customer_id, earnable.behavior.id].earn_at_once(at):
                self._note(0, customer_id, earnable, at)
                earned.append(earnable)
        for earnable in earned:
            for name in earnable.events:
                self._trigger(0, customer_id, Happening(name, at), ())
        return earned

    def changes(self) -> Iterator[tuple[int, Changes]]:
        """What has to be kept, by customer."""
        for (customer_id, _), tally in self.tallies.items():
            yield customer_id, tally.changes()

    def _tell(self, place: int, customer_id: int, happening: Happening, chain: tuple[str, ...]) -> None:
        # Who qualifies is asked before anything is earned by this event.
        facts = self.facts[customer_id]
        open_ones = [earnable for earnable in self.rules.open_at(happening.name, happening.at) if earnable.meets(facts)]
        earned: list[Earnable] = []
        for earnable in open_ones:
            if self.tallies[customer_id, earnable.behavior.id].tell(happening).is_earned:
                earned.append(earnable)
                self._note(place, customer_id, earnable, happening.at)
        for earnable in earned:
            for name in earnable.events:
                self._trigger(place, customer_id, Happening(name, happening.at), chain)

    def _note(self, place: int, customer_id: int, earnable: Earnable, at: datetime) -> None:
        facts = self.facts[customer_id]
        points = min(earnable.points, max(0, MAXIMUM_BALANCE - facts.points))
        self.earned.append(Earned(place, customer_id, earnable, at, points))
        self.facts[customer_id] = replace(facts, tags=facts.tags | set(earnable.tags), points=facts.points + points)

    def _trigger(self, place: int, customer_id: int, happening: Happening, chain: tuple[str, ...]) -> None:
        """Tell a further event, unless its name is in the chain already or the chain is too long."""
        if happening.name in chain or len(chain) >= MAXIMUM_CHAIN:
            return
        event = CustomerEvent(customer_id, happening.name, happening.at)
        self.triggered.append(Triggered(customer_id, happening.name, happening.at))
        self._tell(place, customer_id, event.happening, (*chain, happening.name))
