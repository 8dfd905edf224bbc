"""Messages that completed behaviors trigger: decided by the usual rules, counted towards caps, then enqueued.

A fixed number of statements; none if no behavior with a message was completed.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from django.db import connection

from campaigns.behaviors.compiled import TriggeredCreative
from campaigns.behaviors.run import BehaviorRun
from campaigns.customer_facts.locking import LockedCustomer
from campaigns.decisions.compiled import get_definitions
from campaigns.decisions.decide import exhausted_budgets
from campaigns.decisions.engine import Candidate, Context, History, Subject, first_failing
from campaigns.decisions.participation import LOCK_PARTICIPATIONS, Counting, Pair, lock_participations
from campaigns.delivery.channels.registry import CONSENTS
from campaigns.delivery.recipients.add import TriggeredMessage, add_triggered_recipients
from campaigns.models.frequency import COUNT_CAPPED, FrequencyUnit, frequency_starts
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

HISTORY = SQL("history")
LOCK_AND_READ_HISTORIES = SQL("lock_and_read_histories", lock_participations=LOCK_PARTICIPATIONS, history=HISTORY)
READ_HISTORIES = SQL("read_histories", history=HISTORY)
ADD_MESSAGES_TO_CAPS = SQL("add_messages_to_caps", count_capped=COUNT_CAPPED)
PLACEMENT = "message"
# The namespace of messages' idempotency keys.
KEYS = uuid.UUID("6f1d3a52-4f0c-5b57-9f3e-2a6c8a7d9b10")


@dataclass(frozen=True, slots=True)
class RequestedMessage:
    """A message that a completion triggers, as a candidate of its creative group."""

    completion_id: int
    customer_id: int
    message: TriggeredCreative
    candidate: Candidate


def send_messages(
    *,
    organization: Organization,
    run: BehaviorRun,
    completion_ids: Iterable[int],
    now: datetime,
    counting: Counting | None = None,
) -> None:
    """Add a recipient for each message that the decision allows; the caller has locked the customers.

    `counting` is done before, so that the decision sees its counts.
    """
    wanted = _wanted(organization, run, completion_ids)
    pairs = {(one.customer_id, one.message.campaign_id) for one in wanted}
    if counting is not None:
        if wanted:
            lock_participations(organization=organization, pairs={*pairs, *counting.pairs})
        counting.count()
    if not wanted:
        return
    histories = _histories(organization, pairs, are_locked=counting is not None)
    context = _context(organization, wanted, now)
    passed = _passed(organization, run, wanted, histories, context, now)
    _count(organization, passed, context)
    _add_recipients(organization, passed, now)


def _context(organization: Organization, wanted: Sequence[RequestedMessage], now: datetime) -> Context:
    exhausted = exhausted_budgets(organization=organization, candidates=[one.candidate for one in wanted], now=now)
    return Context(period_starts=frequency_starts(now, organization.zone), budget_exhausted=exhausted)


def _passed(
    organization: Organization,
    run: BehaviorRun,
    wanted: Sequence[RequestedMessage],
    histories: dict[Pair, History],
    context: Context,
    now: datetime,
) -> list[RequestedMessage]:
    """Those that the decision allows, one after the other: each is in the history of the next."""
    passed: list[RequestedMessage] = []
    for one in wanted:
        pair = (one.customer_id, one.message.campaign_id)
        subject = _subject(organization, run, one, run.customers[one.customer_id], histories[pair])
        if first_failing(one.candidate, subject, context, now) is not None:
            continue
        passed.append(one)
        if _is_counted(one.candidate):
            start = context.period_starts[one.candidate.frequency_period or ""]
            histories[pair] = histories[pair].counting(one.candidate.frequency_rule, start)
    return passed


def _wanted(organization: Organization, run: BehaviorRun, completion_ids: Iterable[int]) -> list[RequestedMessage]:
    pairs = [(one, key) for one, key in zip(run.earned, completion_ids, strict=True) if one.compiled.messages]
    if not pairs:
        return []
    definitions = get_definitions(organization_id=organization.pk, version=organization.version)
    placed: dict[int, Candidate] = {}
    wanted = []
    for earned, completion_id in pairs:
        for message in earned.compiled.messages:
            definition = definitions.by_id.get(message.campaign_id)
            if definition is None:
                continue
            if message.creative_id not in placed:
                placed[message.creative_id], _ = definition.placed(PLACEMENT, group_id=message.group_id)
            wanted.append(RequestedMessage(completion_id, earned.customer_id, message, placed[message.creative_id]))
    return wanted


def _histories(organization: Organization, pairs: set[Pair], *, are_locked: bool) -> dict[Pair, History]:
    """The histories of participations, which are locked in the same statement unless they are already."""
    rows = [{"customer_id": customer_id, "campaign_id": campaign_id} for customer_id, campaign_id in sorted(pairs)]
    asked = orjson.dumps(rows).decode()
    with connection.cursor() as cursor:
        if are_locked:
            cursor.execute(READ_HISTORIES, [asked])
        else:
            cursor.execute(LOCK_AND_READ_HISTORIES, [organization.pk, asked])
        return {(customer, campaign): History(*history) for customer, campaign, *history in cursor.fetchall()}


def _subject(
    organization: Organization, run: BehaviorRun, one: RequestedMessage, customer: LockedCustomer, history: History
) -> Subject:
    special = CONSENTS.get(one.message.creative_type)
    return Subject(
        organization_id=organization.pk,
        identity=str(customer.identity),
        facts=run.facts[one.customer_id],
        has_consent="consent" in customer.consents and (special is None or special in customer.consents),
        history={one.message.campaign_id: history},
    )


def _is_counted(candidate: Candidate) -> bool:
    """Whether a message counts towards the campaign's frequency cap, as an impression."""
    return candidate.frequency_unit == FrequencyUnit.IMPRESSIONS


def _count(organization: Organization, passed: Sequence[RequestedMessage], context: Context) -> None:
    """Count the messages towards their campaigns' caps; the participations are locked."""
    numbers = Counter((one.customer_id, one.message.campaign_id) for one in passed if _is_counted(one.candidate))
    if not numbers:
        return
    candidates = {one.message.campaign_id: one.candidate for one in passed}
    rows = []
    for (customer_id, campaign_id), number in numbers.items():
        candidate = candidates[campaign_id]
        start = date.fromordinal(context.period_starts[candidate.frequency_period or ""])
        pair = {"customer_id": customer_id, "campaign_id": campaign_id, "number": number}
        rows.append({**pair, "capped_from": start, "capped_rule": candidate.frequency_rule})
    with connection.cursor() as cursor:
        cursor.execute(ADD_MESSAGES_TO_CAPS, [organization.pk, orjson.dumps(rows).decode()])


def _add_recipients(organization: Organization, passed: Sequence[RequestedMessage], now: datetime) -> None:
    messages = [
        TriggeredMessage(
            uuid.uuid5(KEYS, f"{one.completion_id}:{one.message.creative_id}"), one.message.creative_id, one.customer_id
        )
        for one in passed
    ]
    add_triggered_recipients(organization_id=organization.pk, messages=messages, at=now)
