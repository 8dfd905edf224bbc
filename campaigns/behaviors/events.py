"""Events of customers: stored once, and counted towards behaviors with all effects.

All in one transaction: a stored event was counted, and a failed request may be repeated. Locks are taken in the order
of docs/architecture.md. A thousand events take as many statements as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from django.db import transaction

from campaigns.behaviors.compiled import BehaviorRules, get_behavior_rules
from campaigns.behaviors.effects import write_effects
from campaigns.behaviors.quiet_events import note_quiet, quiet_at
from campaigns.behaviors.run import BehaviorRun, CustomerEvent
from campaigns.customer_facts.locking import Locked, lock_customers
from campaigns.decisions.participation import Counting
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

INSERT_EVENTS = PreparedStatement(SQL("insert_events"))
INSERT_EVENT_FROM = SQL("insert_event_from")
MAY_BE_COUNTED = SQL("may_be_counted")


@dataclass(slots=True)
class Recorded:
    """The result of an event: whether it is a duplicate, and how often it completed which behavior, by id."""

    is_duplicate: bool = False
    earned: dict[int, int] = field(default_factory=dict)


def may_be_counted_parameters(*, name: str, at: datetime) -> list[str]:
    """The parameters of MAY_BE_COUNTED, for an event of a name and a time."""
    return [name, quiet_at(name=name, at=at)]


def are_counted(*, organization: Organization, name: str, at: datetime) -> bool:
    """Whether some behavior counts events of a name at a time.

    A use case that locks rows of a customer and records such an event afterwards has to lock the customer first.
    """
    rules = get_behavior_rules(organization_id=organization.pk, version=organization.version)
    return bool(rules.open_at(name, at))


@transaction.atomic(savepoint=False)
def record_events(
    *,
    organization: Organization,
    events: Sequence[CustomerEvent],
    now: datetime,
    locked: Locked | None = None,
    counting: Counting | None = None,
) -> list[Recorded]:
    """Store events in their order and count each towards the behaviors of its customer; a Recorded for each.

    An event with a known `event_id` is a duplicate and isn't counted; one that no behavior counts is stored all the
    same. `organization.version` must be read in this request, `locked` are customers that the caller has locked,
    `counting` is done when all participations are locked. CustomerGoneError if a customer was merged.
    """
    if not events:
        return []
    rules = get_behavior_rules(organization_id=organization.pk, version=organization.version)
    relevant = any(rules.open_at(event.name, event.at) for event in events)
    if relevant and locked is None:
        locked = lock_customers(organization=organization, customer_ids={event.customer_id for event in events})
    recorded = _insert(organization, events)
    if relevant and locked is not None:
        run = _run(rules, organization, locked, events, recorded)
        write_effects(organization=organization, run=run, now=now, counting=counting)
        _note_earned(recorded, run)
        return recorded
    note_quiet(organization_id=organization.pk, rules=rules, name=events[0].name, at=events[0].at)
    if counting is not None:
        counting.count()
    return recorded


def _run(
    rules: BehaviorRules,
    organization: Organization,
    locked: Locked,
    events: Sequence[CustomerEvent],
    recorded: Sequence[Recorded],
) -> BehaviorRun:
    """Run the events that are no duplicates through the engine."""
    fresh = [(place, event) for place, event in enumerate(events) if not recorded[place].is_duplicate]
    run = BehaviorRun(rules, organization.zone, locked)
    run.load(event for _, event in fresh)
    for place, event in fresh:
        run.count(place, event)
    return run


def _note_earned(recorded: Sequence[Recorded], run: BehaviorRun) -> None:
    for earned in run.earned:
        times = recorded[earned.place].earned
        behavior_id = earned.compiled.behavior.id
        times[behavior_id] = times.get(behavior_id, 0) + 1


def _insert(organization: Organization, events: Sequence[CustomerEvent]) -> list[Recorded]:
    rows = [
        {
            "place": place,
            "customer_id": event.customer_id,
            "event_id": event.event_id,
            "name": event.name,
            "at": event.at,
            "amount": None if event.amount is None else str(event.amount),
            "quantity": event.quantity,
            "attributes": event.attributes,
        }
        for place, event in enumerate(events)
    ]
    new = {event_id for (event_id,) in INSERT_EVENTS.rows([organization.pk, orjson.dumps(rows).decode()])}
    recorded = []
    for event in events:
        recorded.append(Recorded(is_duplicate=event.event_id not in new))
        if event.event_id is not None:
            # A second one with this id in the batch is a duplicate.
            new.discard(event.event_id)
    return recorded
