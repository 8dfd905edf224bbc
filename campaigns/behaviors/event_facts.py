"""The facts of an event, for the filters of goals."""

from collections.abc import Mapping
from decimal import Decimal

from campaigns.behaviors.engine import event_facts
from campaigns.targeting import CustomerFacts


def facts_of_event(attributes: Mapping[str, object], amount: Decimal | None, quantity: int | None) -> CustomerFacts:
    """The facts of an event, for the filters of goals; it has attributes only."""
    return CustomerFacts(
        attributes=event_facts(attributes, amount, quantity),
        tags=frozenset(),
        points=0,
        platform="",
        language="",
        channel="",
    )
