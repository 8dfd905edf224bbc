"""Customers move through funnels: one step at a time, each once, whatever is sent twice, late or at the same time.

Two statements, each its own transaction: one reads everything a move depends on, one moves if nothing has changed
meanwhile (`revision`), locking the customer first as a merge does. If something has, both are done again. Where a way
begins or ends, that is counted before the move, in one transaction with it.
"""

import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction

from campaigns.decisions.participation import record_completion, record_engagement
from campaigns.models import Interaction
from customers.errors import DomainError, ErrorKind
from customers.models import CustomerField
from customers.models.attribute_value import NormalizedValue
from customers.models.schema import check_attributes
from customers.named_sql import NamedSQL
from customers.schema.fields import field_of_unique_index
from funnels.funnels.engine import CheckedValues, check_values, end_answer, step_answer
from funnels.funnels.lookup import get_graph
from funnels.funnels.position import Stand, read_stand

SQL = NamedSQL(__file__)

STILL_OPEN = SQL("still_open")
ENTER = SQL("enter", still_open=STILL_OPEN.format(customer="KEY SHARE", trace="SHARE"))
MOVE = SQL("move")
PASS = STILL_OPEN.format(customer="KEY SHARE", trace="SHARE") + MOVE + "SELECT id FROM moved"  # noqa: S608 (constants)
STORE = SQL("store")
TELL = """, told AS (
    UPDATE traces_trace SET captured = captured || %(data)s::jsonb FROM moved WHERE traces_trace.id = %(trace)s::bigint
)"""
ALONE = {"customer": "NO KEY UPDATE", "trace": "NO KEY UPDATE"}
CAPTURE = STILL_OPEN.format(**ALONE) + MOVE + STORE + TELL + "SELECT id FROM moved"  # noqa: S608 (constants)


@dataclass(frozen=True)
class Advance:
    """What a caller asks for: `step_data` None asks for the current step; `step_id` names the step it is about."""

    trail_id: uuid.UUID | None
    campaign_id: int
    token: uuid.UUID | None
    step_data: Mapping[str, object] | None = None
    step_id: str | None = None


def advance_funnel(*, advance: Advance, now: datetime) -> dict[str, Any]:
    """The answer `{type, config}`, after the move where one is asked for; its members have their names on the wire.

    DomainError `unknown_trail`, `trace_closed`, `unknown_campaign`, `unknown_tracking_token`, `no_funnel`;
    `frequency_cap` where the campaign's cap of interactions leaves no room to begin its funnel;
    `unknown_step` for a step-id that is neither the current step's nor a completed one's, `funnel_not_begun` for data
    before the first step, `invalid_step_data` that names each field; after an error the step stays.
    """
    while True:
        answer = _attempt(advance, now)
        if answer is not None:
            return answer


def _attempt(advance: Advance, now: datetime) -> dict[str, Any] | None:
    """The answer; None where something else happened meanwhile and the attempt must be repeated."""
    position = None if advance.step_id is None else _position(advance.step_id)
    stand = _stand(advance, position)
    if advance.step_data is None:
        return stand.current if stand.is_on_the_way else _begin(advance, stand, now)
    if not stand.is_on_the_way:
        if advance.step_id is not None:
            raise _unknown_step()
        if advance.step_data:
            raise DomainError(
                ErrorKind.INVALID, "funnel_not_begun", "Ask for the first step before you send data for it."
            )
        return _begin(advance, stand, now)
    if position is not None:
        if advance.step_id != step_id(stand.uuid, position) or position >= stand.length:
            raise _unknown_step()
        if position < stand.length - 1:
            return stand.requested
    return _move(stand, advance.step_data, now) if stand.step else stand.current


def _stand(advance: Advance, position: int | None) -> Stand:
    return read_stand(
        trail_id=advance.trail_id,
        campaign_id=advance.campaign_id,
        token=advance.token,
        position=0 if position is None else position + 2,
        with_schema=bool(advance.step_data),
    )


def step_id(entry: uuid.UUID | None, position: int) -> str:
    """The step-id of the step at a position of an entry's path."""
    return f"{entry}-{position}"


def _position(given: str) -> int:
    position = given.rpartition("-")[2]
    if not (position.isascii() and position.isdigit() and len(position) < 4):  # noqa: PLR2004 (graphs are smaller)
        raise _unknown_step()
    return int(position)


def _unknown_step() -> DomainError:
    return DomainError(
        ErrorKind.INVALID, "unknown_step", "step-id is not that of the current step or of a completed one."
    )


@dataclass(frozen=True)
class Capture:
    """What is stored into the customer: `stored` by name, where nothing stands or what is in `replaced`.

    No `schema`, nothing to store.
    """

    schema: list[CustomerField]
    stored: dict[str, NormalizedValue]
    replaced: list[str]


class _Missed(Exception):  # noqa: N818 (no error: it never leaves this module)
    """Something else happened before the move: what was counted for it is undone."""


def _begin(advance: Advance, stand: Stand, now: datetime) -> dict[str, Any] | None:
    """The first step; None where the attempt must be repeated, DomainError `frequency_cap`."""
    try:
        with transaction.atomic():
            return _enter(stand, now)
    except _Missed:
        return None
    except DomainError:
        # Somebody with the same customer may have begun it meanwhile, and then it is resumed.
        if _stand(advance, None) == replace(stand, raw_requested=None, requested_in=None):
            raise
        return None


def _enter(stand: Stand, now: datetime) -> dict[str, Any]:
    """Count and enter, participation before entry."""
    graph, identity = get_graph(stand.funnel_version_id), uuid.uuid4()
    first = graph.steps[graph.start]
    answer = step_answer(graph, first, facts=stand.facts({}), shown=stand.shown({}), step_id=step_id(identity, 0))
    values = _values(stand, first.name, answer, now) | {
        "organization": stand.organization_id,
        "campaign": stand.campaign_id,
        "version": stand.funnel_version_id,
        "uuid": identity,
        "is_finished": graph.is_last(first.name),
    }
    if not record_engagement(interaction=_interaction(stand), now=now):
        raise DomainError(ErrorKind.CONFLICT, "frequency_cap", "The campaign's frequency cap is reached.")
    if values["is_finished"]:
        record_completion(interaction=_interaction(stand), now=now)
    if not _happened(ENTER, values):
        raise _Missed
    return answer


def _move(stand: Stand, step_data: Mapping[str, object], now: datetime) -> dict[str, Any] | None:
    graph = get_graph(stand.version_id)
    step = graph.steps[stand.step]
    checked = check_values(step.fields, step_data)
    schema = stand.schema() if checked.kept or checked.cleared else []
    _refuse(checked, schema)
    captured = {**checked.kept, **dict.fromkeys(checked.cleared)}
    facts = stand.facts(captured)
    following = step.next_name(facts)
    if following is None:
        answer = end_answer(graph)
    else:
        identity = step_id(stand.uuid, stand.length)
        shown = stand.shown(captured)
        answer = step_answer(graph, graph.steps[following], facts=facts, shown=shown, step_id=identity)
    values = _values(stand, following or "", answer, now) | {
        "is_finished": following is None or graph.is_last(following),
        "data": _as_json(captured),
    }
    capture = Capture(schema, dict(checked.kept), stand.replaceable(captured))
    # One statement is a transaction by itself; the end of the way is counted together with it.
    if not values["is_finished"]:
        return answer if _moved(values, capture) else None
    try:
        with transaction.atomic():
            _finish(stand, values, capture, now)
    except _Missed:
        return None
    return answer


def _finish(stand: Stand, values: dict[str, Any], capture: Capture, now: datetime) -> None:
    """Count and move, participation before entry."""
    record_completion(interaction=_interaction(stand), now=now, stores=bool(capture.schema))
    if not _moved(values, capture):
        raise _Missed


def _interaction(stand: Stand) -> Interaction:
    """The interaction that the tracking token stands for."""
    return Interaction(
        id=stand.interaction_id,
        organization_id=stand.organization_id,
        customer_id=stand.customer_id,
        campaign_id=stand.campaign_id,
    )


def _refuse(checked: CheckedValues, schema: list[CustomerField]) -> None:
    now_checked = check_attributes(schema, checked.kept | dict.fromkeys(checked.cleared))
    refused = now_checked.refused | checked.refused
    if refused:
        raise _invalid(refused)


def _invalid(refused: Mapping[str, str]) -> DomainError:
    fields = {name: [sentence] for name, sentence in refused.items()}
    return DomainError(ErrorKind.INVALID, "invalid_step_data", "The step's data has wrong fields.", fields=fields)


def _values(stand: Stand, step: str, answer: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What every move writes."""
    return {
        "customer": stand.customer_id,
        "trace": stand.trace_id,
        "interaction": stand.interaction_id,
        "entry": stand.entry_id,
        "revision": stand.revision,
        "step": step,
        "answer": orjson.dumps(answer).decode(),
        "now": now,
    }


def _moved(values: dict[str, Any], capture: Capture) -> bool:
    """Move, and store into the customer what is captured.

    A value that must be unique and that another customer has is kept with the entry alone: who asks is not told whose
    it is. The one statement is a transaction by itself; within another one it needs a savepoint to fail alone.
    """
    shared: list[str] = []
    if not capture.schema:
        return _happened(PASS, {**values, "shared_fields": shared})
    while True:
        stored = {"stored": _as_json(capture.stored), "replaced": capture.replaced, "shared_fields": shared}
        try:
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                return _happened(CAPTURE, {**values, **stored})
        except IntegrityError as error:
            name = field_of_unique_index(capture.schema, error)
            if capture.stored.pop(name, None) is None:
                raise
            shared.append(name)
            capture.replaced[:] = [each for each in capture.replaced if each != name]


def _as_json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(values).decode()


def _happened(statement: str, values: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None
