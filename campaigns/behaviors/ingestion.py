"""Ingestion of events that applications report about customers by their own ids (contract 4, "sending events")."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

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
class ReportedEvent:
    """An event as an application reports it; either `user_id` (a uuid) or `external_id` is set."""

    name: str
    at: datetime
    user_id: str | None = None
    external_id: str | None = None
    amount: Decimal | None = None
    quantity: int | None = None
    attributes: Mapping[str, object] | None = None
    event_id: str | None = None


IngestResult = Recorded | DomainError


@dataclass(frozen=True, slots=True)
class Ids:
    """Customers' primary keys by the ids that callers know."""

    by_identity: Mapping[uuid.UUID, int]
    by_external_id: Mapping[str, int]

    def of(self, report: ReportedEvent) -> int | None:
        """The customer of an event."""
        if report.external_id is not None:
            return self.by_external_id.get(report.external_id)
        identity = _identity(report.user_id)
        return None if identity is None else self.by_identity.get(identity)


def ingest_events(
    *, application: Application, reports: Sequence[ReportedEvent | DomainError], now: datetime
) -> list[IngestResult]:
    """Record the events of known customers; errors are passed through, unknown customers are `not_found`.

    `event_id` is unique within an application only.
    """
    results = _ingest_by_current_ids(application, reports, now)
    while results is None:
        try:
            results = _ingest_by_any_ids(application, reports, now)
        except CustomerGoneError:
            # Merged a moment ago: the id finds the surviving customer now.
            continue
    return results


@transaction.atomic
def _ingest_by_current_ids(
    application: Application, reports: Sequence[ReportedEvent | DomainError], now: datetime
) -> list[IngestResult] | None:
    """Find and lock the customers in one statement if all are named by the same kind of id; None if one isn't found."""
    checked = [one for one in reports if isinstance(one, ReportedEvent)]
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
        # Releases the locks; a commit here would keep the request from being retried.
        transaction.set_rollback(True)
        return None
    ids = Ids(
        {one.identity: customer_id for customer_id, one in locked.items()},
        {one.external_id: customer_id for customer_id, one in locked.items() if one.external_id is not None},
    )
    return _record(application, reports, ids, locked, now)


@transaction.atomic
def _ingest_by_any_ids(
    application: Application, reports: Sequence[ReportedEvent | DomainError], now: datetime
) -> list[IngestResult]:
    """Find the customers first, by former ids as well, then lock them; CustomerGoneError."""
    checked = [one for one in reports if isinstance(one, ReportedEvent)]
    found = find_customer_ids(
        organization=application.organization,
        identities={identity for one in checked if (identity := _identity(one.user_id)) is not None},
        external_ids={one.external_id for one in checked if one.external_id is not None},
    )
    ids = Ids(*found)
    customer_ids = {*ids.by_identity.values(), *ids.by_external_id.values()}
    locked = lock_customers(organization=application.organization, customer_ids=customer_ids)
    return _record(application, reports, ids, locked, now)


def _record(
    application: Application, reports: Sequence[ReportedEvent | DomainError], ids: Ids, locked: Locked, now: datetime
) -> list[IngestResult]:
    """The results, in the order of the reports."""
    found: list[CustomerEvent | DomainError] = []
    for one in reports:
        if isinstance(one, DomainError):
            found.append(one)
            continue
        customer_id = ids.of(one)
        found.append(not_found("Customer") if customer_id is None else _event(application, one, customer_id))
    events = [one for one in found if isinstance(one, CustomerEvent)]
    recorded = iter(record_events(organization=application.organization, events=events, now=now, locked=locked))
    return [next(recorded) if isinstance(one, CustomerEvent) else one for one in found]


def _event(application: Application, report: ReportedEvent, customer_id: int) -> CustomerEvent:
    return CustomerEvent(
        customer_id=customer_id,
        name=report.name,
        at=report.at,
        attributes=report.attributes or {},
        event_id=None if report.event_id is None else f"{application.pk}:{report.event_id}",
        amount=report.amount,
        quantity=report.quantity,
    )


def _identity(user_id: str | None) -> uuid.UUID | None:
    return None if user_id is None else as_uuid(user_id)
