"""Customers move through funnels: one step at a time, each once, whatever is sent twice, late or at the same time.

Two statements, each its own transaction: one reads everything that a move depends on, one moves if nothing has changed
meanwhile (`revision`), locking the customer first as a merge does. If something has changed, both are repeated. The
beginning and the end of a funnel are counted before the move, in the same transaction.
"""

import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from django.db import IntegrityError, connection, transaction

from campaigns.decisions.participation import record_completion, record_engagement
from campaigns.models import Interaction
from customers.errors import DomainError, ErrorKind
from customers.field_values.normalized import NormalizedValue
from customers.models import CustomerField
from customers.models.schema import check_attributes
from customers.named_sql import NamedSQL
from customers.schema.fields import field_of_unique_index
from funnels.funnels.engine import CheckedValues, StepAnswer, check_values, end_answer, step_answer
from funnels.funnels.lookup import get_graph
from funnels.funnels.position import FunnelPosition, read_funnel_position

SQL = NamedSQL(__file__)

OPEN_TRACE = SQL("open_trace", customer_lock="KEY SHARE", trace_lock="SHARE")
OPEN_TRACE_TO_CAPTURE = SQL("open_trace", customer_lock="NO KEY UPDATE", trace_lock="NO KEY UPDATE")
MOVED_ENTRY = SQL("moved_entry")
ENTER_FUNNEL = SQL("enter_funnel", open_trace=OPEN_TRACE)
MOVE_ENTRY = SQL("move_entry", open_trace=OPEN_TRACE, moved_entry=MOVED_ENTRY)
MOVE_ENTRY_AND_CAPTURE = SQL(
    "move_entry_and_capture",
    open_trace=OPEN_TRACE_TO_CAPTURE,
    moved_entry=MOVED_ENTRY,
    captured_attributes=SQL("captured_attributes"),
)
Values = dict[str, int | str | bool | datetime | uuid.UUID | list[str] | None]
# Graphs have fewer steps than numbers of so many digits.
MAXIMUM_DIGITS = 3


@dataclass(frozen=True)
class Advance:
    """What a caller asks for: `step_data` None asks for the current step; `step_id` names the step it is about."""

    trail_id: uuid.UUID | None
    campaign_id: int
    token: uuid.UUID | None
    step_data: Mapping[str, object] | None = None
    step_id: str | None = None


def advance_funnel(*, advance: Advance, now: datetime) -> StepAnswer:
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


def _attempt(advance: Advance, now: datetime) -> StepAnswer | None:
    """The answer; None where something else happened meanwhile and the attempt must be repeated."""
    answer_index = None if advance.step_id is None else _answer_index(advance.step_id)
    position = _read_position(advance, answer_index)
    if advance.step_data is None:
        return position.current if position.is_on_the_way else _begin(advance, position, now)
    if not position.is_on_the_way:
        if advance.step_id is not None:
            raise _unknown_step()
        if advance.step_data:
            raise DomainError(
                ErrorKind.INVALID, "funnel_not_begun", "Ask for the first step before you send data for it."
            )
        return _begin(advance, position, now)
    if answer_index is not None:
        if advance.step_id != step_id(position.uuid, answer_index) or answer_index >= position.length:
            raise _unknown_step()
        if answer_index < position.length - 1:
            return position.requested
    return _move(position, advance.step_data, now) if position.step else position.current


def _read_position(advance: Advance, answer_index: int | None) -> FunnelPosition:
    return read_funnel_position(
        trail_id=advance.trail_id,
        campaign_id=advance.campaign_id,
        token=advance.token,
        answer_index=0 if answer_index is None else answer_index + 2,
        with_schema=bool(advance.step_data),
    )


def step_id(entry: uuid.UUID | None, answer_index: int) -> str:
    """The step-id of an entry's answer."""
    return f"{entry}-{answer_index}"


def _answer_index(given: str) -> int:
    answer_index = given.rpartition("-")[2]
    if not (answer_index.isascii() and answer_index.isdigit() and len(answer_index) <= MAXIMUM_DIGITS):
        raise _unknown_step()
    return int(answer_index)


def _unknown_step() -> DomainError:
    return DomainError(
        ErrorKind.INVALID, "unknown_step", "step-id is not that of the current step or of a completed one."
    )


@dataclass(frozen=True)
class Capture:
    """What is stored in the customer: `stored` by name, where there is no value or its name is in `replaced`.

    Without a `schema` nothing is stored.
    """

    schema: list[CustomerField]
    stored: dict[str, NormalizedValue]
    replaced: list[str]


class _ChangedMeanwhileError(Exception):
    """Something else happened before the move: what was counted for it is undone. It never leaves this module."""


def _begin(advance: Advance, position: FunnelPosition, now: datetime) -> StepAnswer | None:
    """The first step; None where the attempt must be repeated, DomainError `frequency_cap`."""
    try:
        with transaction.atomic():
            return _enter(position, now)
    except _ChangedMeanwhileError:
        return None
    except DomainError:
        # Another request for the same customer may have begun the funnel meanwhile: then it is resumed.
        if _read_position(advance, None) == replace(position, raw_requested=None, requested_in=None):
            raise
        return None


def _enter(position: FunnelPosition, now: datetime) -> StepAnswer:
    """Count and enter, participation before entry."""
    graph, identity = get_graph(position.funnel_version_id), uuid.uuid4()
    first = graph.steps[graph.start]
    answer = step_answer(graph, first, facts=position.facts({}), shown=position.shown({}), step_id=step_id(identity, 0))
    values = _values(position, first.name, answer, now) | {
        "organization": position.organization_id,
        "campaign": position.campaign_id,
        "version": position.funnel_version_id,
        "uuid": identity,
        "is_finished": graph.is_last(first.name),
    }
    if not record_engagement(interaction=_interaction(position), now=now):
        raise DomainError(ErrorKind.CONFLICT, "frequency_cap", "The campaign's frequency cap is reached.")
    if values["is_finished"]:
        record_completion(interaction=_interaction(position), now=now)
    if not _was_written(ENTER_FUNNEL, values):
        raise _ChangedMeanwhileError
    return answer


def _move(position: FunnelPosition, step_data: Mapping[str, object], now: datetime) -> StepAnswer | None:
    graph = get_graph(position.version_id)
    step = graph.steps[position.step]
    checked = check_values(step.fields, step_data)
    schema = position.schema() if checked.normalized or checked.cleared else []
    _check_schema(checked, schema)
    captured = {**checked.normalized, **dict.fromkeys(checked.cleared)}
    facts = position.facts(captured)
    following = step.next_name(facts)
    if following is None:
        answer = end_answer(graph)
    else:
        identity = step_id(position.uuid, position.length)
        shown = position.shown(captured)
        answer = step_answer(graph, graph.steps[following], facts=facts, shown=shown, step_id=identity)
    values = _values(position, following or "", answer, now) | {
        "is_finished": following is None or graph.is_last(following),
        "data": _as_json(captured),
    }
    capture = Capture(schema, dict(checked.normalized), position.replaceable(captured))
    # One statement is a transaction by itself; the end of the funnel is counted together with it.
    if not values["is_finished"]:
        return answer if _write_move(values, capture) else None
    try:
        with transaction.atomic():
            _finish(position, values, capture, now)
    except _ChangedMeanwhileError:
        return None
    return answer


def _finish(position: FunnelPosition, values: Values, capture: Capture, now: datetime) -> None:
    """Count and move, participation before entry."""
    record_completion(interaction=_interaction(position), now=now, stores=bool(capture.schema))
    if not _write_move(values, capture):
        raise _ChangedMeanwhileError


def _interaction(position: FunnelPosition) -> Interaction:
    """The interaction that the tracking token stands for."""
    return Interaction(
        id=position.interaction_id,
        organization_id=position.organization_id,
        customer_id=position.customer_id,
        campaign_id=position.campaign_id,
    )


def _check_schema(checked: CheckedValues, schema: list[CustomerField]) -> None:
    now_checked = check_attributes(schema, checked.normalized | dict.fromkeys(checked.cleared))
    refused = now_checked.errors | checked.refused
    if refused:
        raise _invalid(refused)


def _invalid(refused: Mapping[str, str]) -> DomainError:
    fields = {name: [sentence] for name, sentence in refused.items()}
    return DomainError(ErrorKind.INVALID, "invalid_step_data", "The step's data has wrong fields.", fields=fields)


def _values(position: FunnelPosition, step: str, answer: StepAnswer, now: datetime) -> Values:
    """What every move writes."""
    return {
        "customer": position.customer_id,
        "trace": position.trace_id,
        "interaction": position.interaction_id,
        "entry": position.entry_id,
        "revision": position.revision,
        "step": step,
        "answer": orjson.dumps(answer).decode(),
        "now": now,
    }


def _write_move(values: Values, capture: Capture) -> bool:
    """Move, and store what is captured in the customer; False where the entry has changed meanwhile.

    A unique value that another customer already has is stored with the entry only, so that the caller doesn't learn
    whose it is. The statement is a transaction by itself; inside another one a savepoint lets it fail alone.
    """
    shared: list[str] = []
    if not capture.schema:
        return _was_written(MOVE_ENTRY, {**values, "shared_fields": shared})
    while True:
        stored: Values = {"stored": _as_json(capture.stored), "replaced": capture.replaced, "shared_fields": shared}
        try:
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                return _was_written(MOVE_ENTRY_AND_CAPTURE, {**values, **stored})
        except IntegrityError as error:
            name = field_of_unique_index(capture.schema, error)
            if capture.stored.pop(name, None) is None:
                raise
            shared.append(name)
            capture.replaced[:] = [each for each in capture.replaced if each != name]


def _as_json(values: Mapping[str, object]) -> str:
    return orjson.dumps(values).decode()


def _was_written(statement: str, values: Values) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None
