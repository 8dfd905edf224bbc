"""Messages that earned behaviors send: decided by the rules of every decision, counted towards caps, then handed over.

A fixed number of statements, and none where no behavior with a message was earned.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from campaigns.decisioning import Candidate, Context, History, Subject, first_failing
from campaigns.models.frequency import FrequencyUnit, frequency_starts
from campaigns.queries.audiences import CONSENTS
from campaigns.queries.behavior_rules import Message
from campaigns.queries.decisions import needed_for_an_offer
from campaigns.queries.definitions import EPOCH, get_definitions
from campaigns.queries.spend import find_out_of_money
from campaigns.services.behavior_runs import BehaviorRun
from campaigns.services.customer_locks import LockedCustomer
from campaigns.services.recipients import Triggered, add_triggered_recipients
from customers.models import Organization

# Locks the customers' participations, making those that are missing, and reads them.
LOCK = """
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id)
SELECT %s::bigint, pair.customer_id, pair.campaign_id
FROM jsonb_to_recordset(%s::jsonb) AS pair (customer_id bigint, campaign_id bigint)
ORDER BY pair.customer_id, pair.campaign_id
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET capped_count = mine.capped_count
RETURNING customer_id, campaign_id, dismissed_at IS NOT NULL, converted_at IS NOT NULL, completed_at IS NOT NULL,
    last_seen_at, capped_count, capped_from
"""
COUNT = """
UPDATE campaigns_participation mine SET capped_count = sent.capped_count, capped_from = sent.capped_from
FROM jsonb_to_recordset(%s::jsonb) AS sent (
    customer_id bigint, campaign_id bigint, capped_count bigint, capped_from date)
WHERE mine.customer_id = sent.customer_id AND mine.campaign_id = sent.campaign_id
"""
PLACEMENT = "message"
# What the keys of messages are made in.
KEYS = uuid.UUID("6f1d3a52-4f0c-5b57-9f3e-2a6c8a7d9b10")
Pair = tuple[int, int]  # a customer's and a campaign's id


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that an earning asks for, in the place of its creative."""

    earning_id: int
    customer_id: int
    message: Message
    candidate: Candidate


def send_messages(*, organization: Organization, run: BehaviorRun, earning_ids: Iterable[int], now: datetime) -> None:
    """Add a recipient for each message that the decision lets pass; the caller has locked the customers."""
    wanted = _wanted(organization, run, earning_ids)
    if not wanted:
        return
    histories = _lock_participations(organization, {(one.customer_id, one.message.campaign_id) for one in wanted})
    candidates = {one.message.campaign_id: one.candidate for one in wanted}
    capped = {key: needed_for_an_offer(one) for key, one in candidates.items() if one.is_capped}
    broke = find_out_of_money(organization=organization, needed=capped, at=now) if capped else frozenset()
    context = Context(period_starts=frequency_starts(now, organization.zone), out_of_money=broke)
    passed: list[Wanted] = []
    counted: dict[Pair, History] = {}
    for one in wanted:
        pair = (one.customer_id, one.message.campaign_id)
        subject = _subject(organization, run, one, run.customers[one.customer_id], histories[pair])
        if first_failing(one.candidate, subject, context, now) is not None:
            continue
        passed.append(one)
        if one.candidate.frequency_unit == FrequencyUnit.IMPRESSIONS and one.candidate.frequency_period:
            start = context.period_starts[one.candidate.frequency_period]
            counted[pair] = histories[pair] = _counted(histories[pair], start)
    _write(organization, passed, counted, now)


def _wanted(organization: Organization, run: BehaviorRun, earning_ids: Iterable[int]) -> list[Wanted]:
    pairs = [(one, key) for one, key in zip(run.earned, earning_ids, strict=True) if one.earnable.messages]
    if not pairs:
        return []
    definitions = get_definitions(organization_id=organization.pk, version=organization.version)
    placed: dict[int, Candidate] = {}
    wanted = []
    for earned, earning_id in pairs:
        for message in earned.earnable.messages:
            definition = definitions.by_id.get(message.campaign_id)
            if definition is None:
                continue
            if message.unit_id not in placed:
                placed[message.unit_id], _ = definition.placed(PLACEMENT, group_id=message.group_id)
            wanted.append(Wanted(earning_id, earned.customer_id, message, placed[message.unit_id]))
    return wanted


def _lock_participations(organization: Organization, pairs: set[Pair]) -> dict[Pair, History]:
    rows = [{"customer_id": customer_id, "campaign_id": campaign_id} for customer_id, campaign_id in sorted(pairs)]
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [organization.pk, orjson.dumps(rows).decode()])
        return {
            (customer_id, campaign_id): History(
                is_dismissed=is_dismissed,
                is_converted=is_converted,
                is_completed=is_completed,
                last_seen=0 if seen is None else (seen.astimezone(UTC) - EPOCH) // timedelta(microseconds=1),
                capped_count=capped_count,
                capped_from=capped_from.toordinal() if capped_from else 0,
            )
            for customer_id, campaign_id, is_dismissed, is_converted, is_completed, seen, capped_count, capped_from in (
                cursor.fetchall()
            )
        }


def _subject(
    organization: Organization, run: BehaviorRun, one: Wanted, customer: LockedCustomer, history: History
) -> Subject:
    special = CONSENTS.get(one.message.creative_type)
    return Subject(
        organization_id=organization.pk,
        identity=str(customer.identity),
        facts=run.facts[one.customer_id],
        has_consent="consent" in customer.consents and (special is None or special in customer.consents),
        history={one.message.campaign_id: history},
    )


def _counted(history: History, start: int) -> History:
    """The history after one more message in the period that began on `start`."""
    count = history.capped_count if history.capped_from == start else 0
    return history._replace(capped_count=count + 1, capped_from=start)


def _write(
    organization: Organization, passed: Sequence[Wanted], counted: Mapping[Pair, History], now: datetime
) -> None:
    if counted:
        rows: list[dict[str, Any]] = [
            {
                "customer_id": customer_id,
                "campaign_id": campaign_id,
                "capped_count": history.capped_count,
                "capped_from": date.fromordinal(history.capped_from),
            }
            for (customer_id, campaign_id), history in counted.items()
        ]
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [orjson.dumps(rows).decode()])
    messages = [
        Triggered(uuid.uuid5(KEYS, f"{one.earning_id}:{one.message.unit_id}"), one.message.unit_id, one.customer_id)
        for one in passed
    ]
    add_triggered_recipients(organization_id=organization.pk, messages=messages, at=now)
