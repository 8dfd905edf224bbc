"""The facts of a customer outside of a visit, whose last visit counts."""

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
