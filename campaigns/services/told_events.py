"""Events that an application tells of customers whom it names by its own ids (contract 4, "sending events")."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from campaigns.services.behavior_runs import CustomerEvent
from campaigns.services.customer_locks import CustomerGoneError
from campaigns.services.events import Recorded, record_events
from customers.errors import DomainError, not_found
from customers.models import Application
from customers.queries.customers import find_customer_ids


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as an application tells it; either `user_id` (a uuid) or `external_id` is there."""

    name: str
    at: datetime
    user_id: str | None = None
    external_id: str | None = None
    amount: Decimal | None = None
    quantity: int | None = None
    attributes: Mapping[str, Any] | None = None
    event_id: str | None = None


def tell_events(
    *, application: Application, told: Sequence[ToldEvent | DomainError], now: datetime
) -> list[Recorded | DomainError]:
    """Record the events of known customers; what was refused before stays so, unknown customers are `not_found`.

    Ids of events are the application's own: another application's are others.
    """
    while True:
        outcomes = _with_customers(application, told)
        events = [one for one in outcomes if isinstance(one, CustomerEvent)]
        try:
            recorded = iter(record_events(organization=application.organization, events=events, now=now))
        except CustomerGoneError:
            # Merged into another one a moment ago: the id finds that one now.
            continue
        return [next(recorded) if isinstance(one, CustomerEvent) else one for one in outcomes]


def _with_customers(
    application: Application, told: Sequence[ToldEvent | DomainError]
) -> list[CustomerEvent | DomainError]:
    checked = [one for one in told if isinstance(one, ToldEvent)]
    by_identity, by_external_id = find_customer_ids(
        organization=application.organization,
        identities={identity for one in checked if (identity := _identity(one.user_id)) is not None},
        external_ids={one.external_id for one in checked if one.external_id is not None},
    )
    found: list[CustomerEvent | DomainError] = []
    for one in told:
        if isinstance(one, DomainError):
            found.append(one)
            continue
        identity = _identity(one.user_id)
        customer_id = by_identity.get(identity) if identity else by_external_id.get(one.external_id or "")
        found.append(not_found("Customer") if customer_id is None else _event(application, one, customer_id))
    return found


def _event(application: Application, told: ToldEvent, customer_id: int) -> CustomerEvent:
    return CustomerEvent(
        customer_id=customer_id,
        name=told.name,
        at=told.at,
        attributes=told.attributes or {},
        event_id=None if told.event_id is None else f"{application.pk}:{told.event_id}",
        amount=told.amount,
        quantity=told.quantity,
    )


def _identity(user_id: str | None) -> uuid.UUID | None:
    try:
        return None if user_id is None else uuid.UUID(user_id)
    except ValueError:
        return None
