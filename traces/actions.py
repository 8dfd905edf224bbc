"""Activities: stored with their visit, and recorded in the core as events of the customer."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from campaigns.behaviors.events import (
    INSERT_EVENT_FROM,
    MAY_BE_COUNTED,
    may_be_counted_parameters,
    record_events,
)
from campaigns.behaviors.run import CustomerEvent, money_in
from campaigns.decisions.interactions import (
    charge_conversion,
    close_interaction,
    count_closing,
    get_open_interaction,
    lock_price,
)
from campaigns.decisions.participation import Counting
from campaigns.models import Interaction
from campaigns.models.interaction import ClosedBy
from customers.errors import DomainError, ErrorKind
from customers.models import Organization
from customers.models.identifier import as_uuid
from customers.named_sql import NamedSQL
from traces.models import Trace
from traces.models.action import ActionType
from traces.trails import trace_closed

SQL = NamedSQL(__file__)

TRACKING_TOKEN = "tracking-token"  # noqa: S105 (the name of a field)
LOCK_VISIT = SQL("lock_visit")
CLOSING = frozenset({ActionType.CONVERSION, ActionType.DISMISS})
TRAIL_EXISTS = "SELECT 1 FROM traces_trail WHERE uuid = %s::uuid"
INSERT_ACTION = """
INSERT INTO traces_action (organization_id, trail_id, uuid, name, type, data)
VALUES (%s::bigint, %s::bigint, %s::uuid, %s::varchar, %s::varchar, %s::jsonb)
"""
RECORD_UNCOUNTED_ACTION = SQL(
    "record_uncounted_action",
    may_be_counted=MAY_BE_COUNTED.format(source="trace"),
    insert_event=INSERT_EVENT_FROM.format(source="open_visit"),
)


@dataclass(frozen=True)
class LockedVisit:
    """The visit in which an activity happens; its customer's row is locked."""

    trail_id: int
    trace_id: int
    customer_id: int
    is_closed: bool
    organization: Organization


@dataclass(frozen=True)
class Activity:
    """An activity: `data` is a list of `{name, value}` that JSON can carry."""

    name: str
    type: ActionType
    data: Sequence[dict[str, Any]]


def record_action(*, trail_id: uuid.UUID | None, activity: Activity, now: datetime) -> uuid.UUID:
    """Store an activity, record its event in the core, and return the activity's uuid.

    A conversion or dismissal names the tracking token of its campaign in `data`; it closes the trace and the token and
    counts once, whatever is sent at the same time. DomainError `unknown_trail`, `trace_closed`,
    `missing_tracking_token`, `unknown_tracking_token`, `tracking_token_used`.
    """
    if trail_id is None:
        raise _unknown_trail()
    action_id = uuid.uuid4()
    if activity.type in CLOSING:
        _record_closing(trail_id, action_id, activity, now)
    else:
        _record_ordinary(trail_id, action_id, activity, now)
    return action_id


def _record_ordinary(trail_id: uuid.UUID, action_id: uuid.UUID, activity: Activity, now: datetime) -> None:
    action: list[Any] = [action_id, activity.name, activity.type.value, _as_json(list(activity.data))]
    event: list[Any] = [_event_id(action_id), activity.name, now, _as_json(_attributes(activity))]
    values = [*may_be_counted_parameters(name=activity.name, at=now), trail_id, *action, *event]
    is_closed, may_be_counted = _fetch(RECORD_UNCOUNTED_ACTION, trail_id, values)
    if is_closed:
        raise trace_closed()
    if may_be_counted:
        _record_counting(trail_id, action_id, activity, now)


@transaction.atomic
def _record_counting(trail_id: uuid.UUID, action_id: uuid.UUID, activity: Activity, now: datetime) -> None:
    """Record an activity whose event a behavior may count."""
    visit = _locked_visit(trail_id)
    _record_event(visit, action_id, activity, activity.name, now)
    _insert_action(visit, action_id, activity)


@transaction.atomic
def _record_closing(trail_id: uuid.UUID, action_id: uuid.UUID, activity: Activity, now: datetime) -> None:
    closed_by = ClosedBy(activity.type.value)
    priced = lock_price(token=_tracking_token(activity)) if closed_by == ClosedBy.CONVERSION else None
    visit = _locked_visit(trail_id)
    interaction = _open_interaction(visit, activity)
    counting = Counting(
        {(visit.customer_id, interaction.campaign_id)},
        lambda: count_closing(interaction=interaction, closed_by=closed_by, now=now),
    )
    # Conversion and dismissal are events of these names, whatever the activity is called.
    _record_event(visit, action_id, activity, closed_by.value, now, counting)
    _insert_action(visit, action_id, activity)
    close_interaction(interaction=interaction, closed_by=closed_by)
    if not Trace.objects.filter(pk=visit.trace_id, closed_at=None).update(closed_at=now, closed_by=closed_by):
        raise trace_closed()
    if priced is not None:
        charge_conversion(campaign=priced, interaction=interaction, now=now)


def _open_interaction(visit: LockedVisit, activity: Activity) -> Interaction:
    _require_token(activity)
    try:
        return get_open_interaction(
            organization_id=visit.organization.pk, customer_id=visit.customer_id, token=_tracking_token(activity)
        )
    except DomainError as error:
        # If another request has closed the trace meanwhile, that is the error to report.
        if Trace.objects.filter(pk=visit.trace_id, closed_at__isnull=False).exists():
            raise trace_closed() from error
        raise


def _locked_visit(trail_id: uuid.UUID) -> LockedVisit:
    """The visit of an open trace; DomainError `trace_closed`."""
    row_id, trace_id, customer_id, is_closed, organization_id, version, time_zone = _fetch(
        LOCK_VISIT, trail_id, [trail_id]
    )
    organization = Organization(id=organization_id, version=version, time_zone=time_zone)
    visit = LockedVisit(row_id, trace_id, customer_id, is_closed, organization)
    if visit.is_closed:
        raise trace_closed()
    return visit


def _insert_action(visit: LockedVisit, action_id: uuid.UUID, activity: Activity) -> None:
    values: list[Any] = [visit.organization.pk, visit.trail_id, action_id, activity.name, activity.type.value]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ACTION, [*values, _as_json(list(activity.data))])


def _record_event(
    visit: LockedVisit,
    action_id: uuid.UUID,
    activity: Activity,
    event_name: str,
    now: datetime,
    counting: Counting | None = None,
) -> None:
    attributes = _attributes(activity)
    event = CustomerEvent(
        customer_id=visit.customer_id,
        name=event_name,
        at=now,
        attributes=attributes,
        event_id=_event_id(action_id),
        amount=money_in(attributes),
    )
    record_events(organization=visit.organization, events=[event], now=now, counting=counting)


def _fetch(statement: str, trail_id: uuid.UUID, values: list[Any]) -> Any:
    """The row of a statement that locks the trail's customer; DomainError `unknown_trail`."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, values)
            row = cursor.fetchone()
            if row is not None:
                return row
            cursor.execute(TRAIL_EXISTS, [trail_id])
            if cursor.fetchone() is None:
                raise _unknown_trail()
            # The customer was merged while we waited: the next attempt finds the surviving one.


def _unknown_trail() -> DomainError:
    return DomainError(ErrorKind.NOT_FOUND, "unknown_trail", "The trail is not known.")


def _as_json(value: object) -> str:
    return orjson.dumps(value).decode()


def _attributes(activity: Activity) -> dict[str, Any]:
    return {item["name"]: item["value"] for item in activity.data}


def _event_id(action_id: uuid.UUID) -> str:
    return f"action:{action_id}"


def _raw_token(activity: Activity) -> Any:
    return next((item["value"] for item in activity.data if item["name"] == TRACKING_TOKEN), None)


def _tracking_token(activity: Activity) -> uuid.UUID | None:
    """The token in `data`; None if it isn't a UUID."""
    return as_uuid(str(_raw_token(activity)))


def _require_token(activity: Activity) -> None:
    """DomainError `missing_tracking_token` if there is none."""
    if _raw_token(activity) in (None, ""):
        raise DomainError(
            ErrorKind.MISSING, "missing_tracking_token", f"data must hold the {TRACKING_TOKEN} of a {activity.type}."
        )
