"""Events that an application tells of customers whom it names by its own ids (contract 4, "sending events")."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from campaigns.behaviors.events import Recorded, record_events
from campaigns.behaviors.run import CustomerEvent
from campaigns.customer_facts.locking import (
    CustomerGoneError,
    Locked,
    lock_customers,
    lock_customers_by_external_id,
    lock_customers_by_identity,
)
from customers.customers.lookup import find_customer_ids
from customers.errors import DomainError, not_found
from customers.models import Application
from customers.models.identifier import as_uuid


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


Outcome = Recorded | DomainError


@dataclass(frozen=True, slots=True)
class Ids:
    """The rows' ids of customers by the ids that callers know."""

    by_identity: Mapping[uuid.UUID, int]
    by_external_id: Mapping[str, int]

    def of(self, told: ToldEvent) -> int | None:
        """The customer of an event."""
        if told.external_id is not None:
            return self.by_external_id.get(told.external_id)
        identity = _identity(told.user_id)
        return None if identity is None else self.by_identity.get(identity)


def tell_events(*, application: Application, told: Sequence[ToldEvent | DomainError], now: datetime) -> list[Outcome]:
    """Record the events of known customers; what was refused before stays so, unknown customers are `not_found`.

    Ids of events are the application's own: another application's are others.
    """
    outcomes = _tell_of_present_ids(application, told, now)
    while outcomes is None:
        try:
            outcomes = _tell_of_any_ids(application, told, now)
        except CustomerGoneError:
            # Merged into another one a moment ago: the id finds that one now.
            continue
    return outcomes


@transaction.atomic
def _tell_of_present_ids(
    application: Application, told: Sequence[ToldEvent | DomainError], now: datetime
) -> list[Outcome] | None:
    """Find and lock the customers in one statement, where all are named by the same kind of id; None where one isn't
    found that way.
    """
    checked = [one for one in told if isinstance(one, ToldEvent)]
    identities = {_identity(one.user_id) for one in checked if one.user_id is not None}
    external_ids = {one.external_id for one in checked if one.external_id is not None}
    if bool(identities) == bool(external_ids) or None in identities:
        return None
    organization = application.organization
    if identities:
        named = {identity for identity in identities if identity is not None}
        locked = lock_customers_by_identity(organization=organization, identities=named)
    else:
        locked = lock_customers_by_external_id(organization=organization, external_ids=external_ids)
    if len(locked) < len(identities) + len(external_ids):
        # The locks are let go, and nothing stands committed that would keep the request from being done again.
        transaction.set_rollback(True)
        return None
    ids = Ids(
        {one.identity: customer_id for customer_id, one in locked.items()},
        {one.external_id: customer_id for customer_id, one in locked.items() if one.external_id is not None},
    )
    return _record(application, told, ids, locked, now)


@transaction.atomic
def _tell_of_any_ids(application: Application, told: Sequence[ToldEvent | DomainError], now: datetime) -> list[Outcome]:
    """Find the customers first, by former ids too, then lock them; CustomerGoneError."""
    checked = [one for one in told if isinstance(one, ToldEvent)]
    found = find_customer_ids(
        organization=application.organization,
        identities={identity for one in checked if (identity := _identity(one.user_id)) is not None},
        external_ids={one.external_id for one in checked if one.external_id is not None},
    )
    ids = Ids(*found)
    customer_ids = {*ids.by_identity.values(), *ids.by_external_id.values()}
    locked = lock_customers(organization=application.organization, customer_ids=customer_ids)
    return _record(application, told, ids, locked, now)


def _record(
    application: Application, told: Sequence[ToldEvent | DomainError], ids: Ids, locked: Locked, now: datetime
) -> list[Outcome]:
    """The outcomes in the order of what was told."""
    found: list[CustomerEvent | DomainError] = []
    for one in told:
        if isinstance(one, DomainError):
            found.append(one)
            continue
        customer_id = ids.of(one)
        found.append(not_found("Customer") if customer_id is None else _event(application, one, customer_id))
    events = [one for one in found if isinstance(one, CustomerEvent)]
    recorded = iter(record_events(organization=application.organization, events=events, now=now, locked=locked))
    return [next(recorded) if isinstance(one, CustomerEvent) else one for one in found]


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
    return None if user_id is None else as_uuid(user_id)
