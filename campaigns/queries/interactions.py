"""Interactions by their tracking tokens."""

import uuid

from campaigns.models import Interaction
from customers.errors import DomainError, Kind


def get_interaction(*, organization_id: int, customer_id: int, token: uuid.UUID | None) -> Interaction:
    """The interaction of a customer's tracking token.

    DomainError `unknown_tracking_token` for a token that is none, or another customer's.
    """
    interaction = None
    if token is not None:
        owned = Interaction.objects.filter(organization_id=organization_id, customer_id=customer_id)
        interaction = owned.filter(token=token).first()
    if interaction is None:
        raise DomainError(Kind.NOT_FOUND, "unknown_tracking_token", "The tracking token is not known.")
    return interaction
