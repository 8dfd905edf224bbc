"""Where messages go, what they say, and who still wants them."""

from collections.abc import Collection

from campaigns.models import Destination, MessageTemplate
from customers.models import Customer


def find_default_destination(*, organization_id: int, kind: str) -> Destination | None:
    """The organization's default destination of a kind."""
    return Destination.objects.filter(organization_id=organization_id, kind=kind, is_default=True).first()


def find_template(*, organization_id: int, key: str) -> MessageTemplate | None:
    """The organization's template of a key."""
    return MessageTemplate.objects.filter(organization_id=organization_id, key=key).first()


def consenting_ids(*, organization_id: int, customer_ids: Collection[int], consent: str) -> set[int]:
    """Those of the customers who want campaigns at all, and by this way (`email_consent`, `push_consent`), now."""
    wanting = Customer.objects.filter(**{"organization_id": organization_id, "consent": True, consent: True})
    return set(wanting.filter(id__in=customer_ids).values_list("id", flat=True))
