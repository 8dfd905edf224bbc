"""Events: what customers do, heard once, counted towards behaviors, and what that leads to.

All in one transaction: an event that is kept was counted, and whoever is told of a failure may tell it again. Locks are
taken in the order of docs/architecture.md. A thousand events take as many statements as one.
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
    """What became of an event: whether it was heard before, and how often it led to which behavior, by id."""

    is_duplicate: bool = False
    earned: dict[int, int] = field(default_factory=dict)


def may_be_counted_parameters(*, name: str, at: datetime) -> list[str]:
    """The parameters of MAY_BE_COUNTED, for an event of a name and a time."""
    return [name, quiet_at(name=name, at=at)]


def are_counted(*, organization: Organization, name: str, at: datetime) -> bool:
    """Whether some behavior looks at events of a name and a time.

    Who locks anything that hangs on a customer, and tells such an event after it, locks the customer before.
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
    """Keep events in their order and count each towards the behaviors of its customer; a Recorded for each.

    An event whose `event_id` was heard of before is a duplicate and counts for nothing; one of which no behavior speaks
    is kept all the same. `organization.version` must be of this request, `locked` are customers that the caller has
    locked, `counting` is done where all participations are. CustomerGoneError where a customer is no more.
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
    """The events that are no duplicates, with their places, through the engine."""
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
            # A second one of this batch is told again.
            new.discard(event.event_id)
    return recorded
