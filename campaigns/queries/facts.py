"""What targeting may ask outside of a visit: about a customer, whose visit is the last one, and about an event."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from campaigns.behaviors import event_facts
from campaigns.targeting import CustomerFacts
from customers.models import Customer


def facts_of(customer: Customer) -> CustomerFacts:
    """The facts of a customer's row."""
    return CustomerFacts(
        attributes=customer.attributes,
        tags=frozenset(customer.tags),
        points=customer.points,
        platform=customer.last_platform,
        language=customer.last_language,
        channel=customer.last_channel,
    )


def facts_of_event(attributes: Mapping[str, Any], amount: Decimal | None, quantity: int | None) -> CustomerFacts:
    """The facts of an event, for the filters of goals; it has attributes only."""
    return CustomerFacts(
        attributes=event_facts(attributes, amount, quantity),
        tags=frozenset(),
        points=0,
        platform="",
        language="",
        channel="",
    )
