"""A batch of events run through the behavior engine in memory: states are read before, effects written after.

In between nothing is read or written, so a batch takes as many statements as one event.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.behaviors.compiled import MAXIMUM_CHAIN, BehaviorRules, CompiledBehavior
from campaigns.behaviors.engine import Behavior, Changes, EngineEvent, Tally, lookups
from campaigns.behaviors.event_facts import facts_of_event
from campaigns.behaviors.state import CustomerLookup, load_states
from campaigns.customer_facts.locking import LockedCustomer
from campaigns.models.offer import MAXIMUM_BALANCE
from customers.field_values.normalized import plain_digits

MONEY = re.compile(r"[0-9]{1,11}(?:[.][0-9]{1,20})?", re.ASCII)
CENT = Decimal("0.01")
Pair = tuple[int, int]  # a customer's and a behavior's id


@dataclass(frozen=True, slots=True)
class CustomerEvent:
    """Something a customer did. `at` is its own time; `event_id` is its idempotency key.

    `attributes` holds values that JSON can carry.
    """

    customer_id: int
    name: str
    at: datetime
    attributes: Mapping[str, object] = field(default_factory=dict)
    event_id: str | None = None
    amount: Decimal | None = None
    quantity: int | None = None

    @property
    def engine_event(self) -> EngineEvent:
        """The event as the engine sees it."""
        facts = facts_of_event(self.attributes, self.amount, self.quantity)
        return EngineEvent(self.name, self.at, self.amount, facts)


def money_in(attributes: Mapping[str, object]) -> Decimal | None:
    """The attribute `amount` as money, for dialects that have no other field for it; None if it is no money."""
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
    """A behavior that a customer earned; `place` is the index in the batch of the event that earned it.

    `points` are those that are booked: fewer than the behavior's where the customer's balance would be too large.
    """

    place: int
    customer_id: int
    compiled: CompiledBehavior
    at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class FollowUpEvent:
    """An event that an earned behavior triggered."""

    customer_id: int
    name: str
    at: datetime


class BehaviorRun:
    """`customers` by id, locked by the caller; their `facts` change as tags and points are earned."""

    def __init__(self, rules: BehaviorRules, zone: ZoneInfo, customers: Mapping[int, LockedCustomer]) -> None:
        self.rules = rules
        self.zone = zone
        self.customers = customers
        self.facts = {customer_id: customer.facts for customer_id, customer in customers.items()}
        self.tallies: dict[Pair, Tally] = {}
        self.earned: list[Earned] = []
        self.follow_ups: list[FollowUpEvent] = []

    def load(
        self, events: Iterable[CustomerEvent], immediate: Iterable[tuple[int, CompiledBehavior, datetime]] = ()
    ) -> None:
        """Read all states that these events, those that they may trigger, and immediate completions will need."""
        requested: list[CustomerLookup] = []
        behaviors: dict[Pair, Behavior] = {}
        coming: dict[Pair, list[datetime]] = {}

        def request(customer_id: int, behavior: Behavior, name: str | None, at: datetime) -> None:
            pair = (customer_id, behavior.id)
            behaviors[pair] = behavior
            coming.setdefault(pair, []).append(at)
            requested.extend((customer_id, lookup) for lookup in lookups(behavior, name, at, self.zone))

        for event in events:
            for name, compiled_behaviors in self.rules.open_after(event.name, event.at).items():
                for compiled in compiled_behaviors:
                    request(event.customer_id, compiled.behavior, name, event.at)
        for customer_id, compiled, at in immediate:
            request(customer_id, compiled.behavior, None, at)
        store = load_states(requested)
        for pair, behavior in behaviors.items():
            self.tallies[pair] = Tally(behavior, store.state(pair[0], behavior), self.zone, coming[pair])

    def count(self, place: int, event: CustomerEvent) -> None:
        """Count an event and the follow-up events that it triggers."""
        self._count(place, event.customer_id, event.engine_event, (event.name,))

    def earn(
        self, customer_id: int, compiled_behaviors: Iterable[CompiledBehavior], at: datetime
    ) -> list[CompiledBehavior]:
        """Complete behaviors that are not at a cap as if the customer had met all goals, then trigger their events."""
        earned = []
        for compiled in compiled_behaviors:
            if self.tallies[customer_id, compiled.behavior.id].complete_immediately(at):
                self._note(0, customer_id, compiled, at)
                earned.append(compiled)
        for compiled in earned:
            for name in compiled.events:
                self._trigger(0, customer_id, EngineEvent(name, at), ())
        return earned

    def changes(self) -> Iterator[tuple[int, Changes]]:
        """What has to be written, by customer."""
        for (customer_id, _), tally in self.tallies.items():
            yield customer_id, tally.changes()

    def _count(self, place: int, customer_id: int, event: EngineEvent, chain: tuple[str, ...]) -> None:
        # Whether the customer qualifies is decided before this event earns anything.
        facts = self.facts[customer_id]
        open_ones = [compiled for compiled in self.rules.open_at(event.name, event.at) if compiled.matches(facts)]
        earned: list[CompiledBehavior] = []
        for compiled in open_ones:
            if self.tallies[customer_id, compiled.behavior.id].advance(event).is_earned:
                earned.append(compiled)
                self._note(place, customer_id, compiled, event.at)
        for compiled in earned:
            for name in compiled.events:
                self._trigger(place, customer_id, EngineEvent(name, event.at), chain)

    def _note(self, place: int, customer_id: int, compiled: CompiledBehavior, at: datetime) -> None:
        facts = self.facts[customer_id]
        points = min(compiled.points, max(0, MAXIMUM_BALANCE - facts.points))
        self.earned.append(Earned(place, customer_id, compiled, at, points))
        self.facts[customer_id] = replace(facts, tags=facts.tags | set(compiled.tags), points=facts.points + points)

    def _trigger(self, place: int, customer_id: int, event: EngineEvent, chain: tuple[str, ...]) -> None:
        """Count a follow-up event, unless its name is in the chain already or the chain is too long."""
        if event.name in chain or len(chain) >= MAXIMUM_CHAIN:
            return
        follow_up = CustomerEvent(customer_id, event.name, event.at)
        self.follow_ups.append(FollowUpEvent(customer_id, event.name, event.at))
        self._count(place, customer_id, follow_up.engine_event, (*chain, event.name))
