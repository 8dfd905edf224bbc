"""The ledger of recipients: taken in batches, settled in batches, and never handed over twice by guesswork."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from django.db import connection, transaction

from campaigns.delivery.channel import Outcome, Recipient, Result
from campaigns.models.audience_member import MemberState
from campaigns.services.heartbeats import Heartbeat, insist, lease_seconds, new_lease
from customers.jobs import look_now
from customers.models import Organization

MOST_ATTEMPTS = 6
# Seconds before the second attempt; they double with each, and half of them are left to chance.
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0
# How long a triggered message waits for a destination that wants nothing now: its delivery is nobody's to retry.
LONGEST_PATIENCE = 86_400.0
LONGEST_ERROR, LONGEST_REFERENCE = 500, 255
WITHDRAWN = "Consent was withdrawn, or the customer is gone."
ELSEWHERE = "It may have been sent already, to another destination than messages go to now."

ADD_TRIGGERED = """
INSERT INTO campaigns_audiencemember (key, organization_id, unit_id, customer_id, state, due_at)
SELECT wanted.key, unit.organization_id, unit.id, customer.id, 'pending', %s::timestamptz
FROM jsonb_to_recordset(%s::jsonb) AS wanted (unit_id bigint, customer_id bigint, key uuid)
JOIN campaigns_adunit unit ON unit.id = wanted.unit_id AND unit.organization_id = %s::bigint
JOIN customers_customer customer
    ON customer.id = wanted.customer_id AND customer.organization_id = unit.organization_id
ORDER BY wanted.key FOR KEY SHARE OF customer ON CONFLICT (key) DO NOTHING
"""
# Whose consent is gone since the audience was built is not written to. `{whose}` picks a job's or a creative's. What
# was begun bears its destination's name until that is known not to have it: another one could not tell it by its key.
TAKE = """
WITH next AS MATERIALIZED (
    SELECT member.key, member.customer_id, member.reference FROM campaigns_audiencemember member
    WHERE member.state = 'pending' AND member.due_at <= now() AND {whose}
    ORDER BY member.due_at LIMIT %(limit)s::bigint FOR UPDATE SKIP LOCKED
), asked AS (
    SELECT next.key, next.reference IS NOT NULL AS is_uncertain, customer.id, customer.uuid, customer.external_id,
        customer.attributes, CASE WHEN next.reference <> %(destination)s::varchar THEN 'ambiguous'
            WHEN customer.consent AND {consent} THEN 'leased' ELSE 'skipped' END AS state
    FROM next LEFT JOIN customers_customer customer ON customer.id = next.customer_id
), taken AS (
    UPDATE campaigns_audiencemember member SET
        state = asked.state, error = CASE asked.state WHEN 'ambiguous' THEN %(elsewhere)s::varchar
            WHEN 'skipped' THEN %(withdrawn)s::varchar END,
        reference = CASE WHEN asked.state = 'leased' THEN NULLIF(%(destination)s::varchar, '')
            ELSE member.reference END,
        lease = %(lease)s::bigint, due_at = now() + make_interval(secs => %(seconds)s::double precision),
        attempts = member.attempts + 1,
        tried_since = CASE WHEN member.job_id IS NULL THEN COALESCE(member.tried_since, now()) END
    FROM asked WHERE member.key = asked.key
    RETURNING member.key, member.state, member.job_id, asked.id, asked.uuid, asked.external_id, asked.attributes::text,
        asked.is_uncertain
), settled AS (
    UPDATE campaigns_audiencejob job
    SET skipped = job.skipped + lost.skipped, ambiguous = job.ambiguous + lost.ambiguous
    FROM (
        SELECT job_id, count(*) FILTER (WHERE state = 'skipped') AS skipped,
            count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous
        FROM taken WHERE state <> 'leased' GROUP BY job_id
    ) lost WHERE job.id = lost.job_id
)
SELECT taken.key, taken.id, taken.uuid, taken.external_id, taken.attributes, {tokens}, taken.state = 'leased',
    taken.is_uncertain
FROM taken ORDER BY taken.key
"""
OF_JOB = """member.job_id = %(job)s::bigint
    AND EXISTS (SELECT FROM campaigns_audiencejob job WHERE job.id = %(job)s::bigint AND job.state = 'delivering')"""
OF_UNIT = "member.job_id IS NULL AND member.unit_id = %(unit)s::bigint"
TOKENS = """COALESCE((SELECT json_agg(json_build_array(token.platform, token.token) ORDER BY token.id)
    FROM customers_pushtoken token WHERE token.customer_id = taken.id), '[]'::json)::text"""
# Also what was taken for ambiguous meanwhile is settled by the worker who knows better.
SETTLE = """
WITH results AS (
    SELECT * FROM jsonb_to_recordset(%(results)s::jsonb) AS results (
        key uuid, state varchar, in_the_end varchar, at_last varchar, reference varchar, error varchar,
        pause double precision)
), found AS (
    SELECT results.*, member.job_id, member.state AS state_before,
        CASE WHEN member.tried_since < now() - make_interval(secs => %(patience)s::float) THEN results.at_last
            WHEN member.attempts >= %(most)s::int THEN results.in_the_end ELSE results.state END AS state_after,
        LEAST(%(longest)s::float, (1 + random()) * COALESCE(
            results.pause, LEAST(%(first)s::float * 2 ^ (member.attempts - 1), %(longest)s::float) / 2)) AS seconds
    FROM campaigns_audiencemember member JOIN results USING (key)
    WHERE member.lease = %(lease)s::bigint AND member.state IN ('leased', 'ambiguous')
    ORDER BY member.key FOR UPDATE OF member
), settled AS (
    UPDATE campaigns_audiencemember member SET state = found.state_after, reference = found.reference,
        error = found.error, lease = NULL,
        attempts = member.attempts - (found.state_after = 'pending' AND found.in_the_end = 'pending')::int,
        due_at = CASE WHEN found.state_after = 'pending' THEN now() + make_interval(secs => found.seconds)
            WHEN found.job_id IS NULL THEN now() END
    FROM found WHERE member.key = found.key
    RETURNING found.job_id, found.state_before, member.state, member.capped_from
)
UPDATE campaigns_audiencejob job SET sent = job.sent + several.sent, failed = job.failed + several.failed,
    skipped = job.skipped + several.skipped, ambiguous = job.ambiguous + several.ambiguous, heartbeat_at = now(),
    capped_from = LEAST(job.capped_from, several.capped_from)
FROM (
    SELECT job_id, count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE state = 'ambiguous') - count(*) FILTER (WHERE state_before = 'ambiguous') AS ambiguous,
        min(capped_from) FILTER (WHERE state = 'pending') AS capped_from
    FROM settled GROUP BY job_id
) several WHERE job.id = several.job_id
"""
# Once in a third of a lease is often enough. Gives a row for as long as those whose turn has not come are wanted.
KEEP = """
WITH kept AS (
    UPDATE campaigns_audiencemember SET due_at = now() + make_interval(secs => %(seconds)s::int)
    WHERE lease = %(lease)s::bigint AND state = 'leased'
    AND due_at < now() + make_interval(secs => %(seconds)s::int * 2 / 3)
)
SELECT 1 WHERE %(job)s::bigint IS NULL
OR EXISTS (SELECT FROM campaigns_audiencejob WHERE id = %(job)s::bigint AND state = 'delivering')
"""
EXPIRED = """
SELECT member.job_id, member.unit_id FROM campaigns_audiencemember member
WHERE member.state = 'leased' AND member.due_at < now() GROUP BY 1, 2 LIMIT 20
"""
EXPIRE = """
WITH lost AS (
    SELECT key FROM campaigns_audiencemember
    WHERE state = 'leased' AND due_at < now() AND job_id IS NOT DISTINCT FROM %(job)s::bigint
    AND unit_id = %(unit)s::bigint ORDER BY key LIMIT 10000 FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE campaigns_audiencemember member SET state = %(state)s::varchar,
        due_at = CASE WHEN %(state)s::varchar = 'pending' THEN now() END, error = %(error)s::varchar
    FROM lost WHERE member.key = lost.key RETURNING member.job_id, member.capped_from
)
UPDATE campaigns_audiencejob job SET
    ambiguous = job.ambiguous + CASE WHEN %(state)s::varchar = 'ambiguous' THEN several.number ELSE 0 END,
    capped_from = CASE WHEN %(state)s::varchar = 'pending' THEN LEAST(job.capped_from, several.capped_from)
        ELSE job.capped_from END
FROM (SELECT job_id, count(*) AS number, min(capped_from) AS capped_from FROM marked GROUP BY job_id) several
WHERE job.id = several.job_id
"""

# What has failed may be sent again too: it certainly never arrived.
RESOLVE = """
WITH chosen AS (
    SELECT key, job_id, state AS state_before FROM campaigns_audiencemember
    WHERE key = ANY(%(keys)s::uuid[]) AND organization_id = %(organization)s::bigint
    AND (state = 'ambiguous' OR (state = 'failed' AND %(state)s::varchar = 'pending')) ORDER BY key FOR UPDATE
), resolved AS (
    UPDATE campaigns_audiencemember member SET state = %(state)s::varchar, lease = NULL,
        due_at = CASE WHEN %(state)s::varchar = 'pending' OR member.job_id IS NULL THEN now() END,
        reference = CASE WHEN %(state)s::varchar <> 'pending' THEN member.reference END, tried_since = NULL,
        attempts = CASE WHEN %(state)s::varchar = 'pending' THEN 0 ELSE attempts END
    FROM chosen WHERE member.key = chosen.key RETURNING chosen.job_id, chosen.state_before, member.capped_from
), jobs AS MATERIALIZED (
    SELECT id FROM campaigns_audiencejob WHERE id IN (SELECT job_id FROM resolved) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE campaigns_audiencejob job SET ambiguous = job.ambiguous - several.ambiguous,
        sent = job.sent + CASE WHEN %(state)s::varchar = 'sent' THEN several.ambiguous ELSE 0 END,
        failed = job.failed - several.failed
            + CASE WHEN %(state)s::varchar = 'failed' THEN several.ambiguous ELSE 0 END,
        finished_at = CASE WHEN %(state)s::varchar = 'pending' AND job.state = 'complete' THEN NULL
            ELSE job.finished_at END,
        state = CASE WHEN %(state)s::varchar = 'pending' AND job.state = 'complete' THEN 'delivering'
            ELSE job.state END,
        capped_from = CASE WHEN %(state)s::varchar = 'pending' THEN LEAST(job.capped_from, several.capped_from)
            ELSE job.capped_from END
    FROM jobs JOIN (
        SELECT job_id, count(*) FILTER (WHERE state_before = 'ambiguous') AS ambiguous,
            count(*) FILTER (WHERE state_before = 'failed') AS failed, min(capped_from) AS capped_from
        FROM resolved GROUP BY job_id
    ) several ON several.job_id = jobs.id WHERE job.id = jobs.id
)
SELECT count(*) FROM resolved
"""


class Verdict(StrEnum):
    """What an operator may say of an ambiguous recipient; of a failed one AGAIN only."""

    SENT = "sent"
    FAILED = "failed"
    AGAIN = "again"


VERDICTS = {
    Verdict.SENT: MemberState.SENT,
    Verdict.FAILED: MemberState.FAILED,
    Verdict.AGAIN: MemberState.PENDING,
}


@dataclass(frozen=True, slots=True)
class Triggered:
    """A message that an earned behavior sends: `key` is the same however often the earning is processed."""

    key: uuid.UUID
    unit_id: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Recipients that this worker alone has until its lease ends; `left_out` were settled without being sent anything.

    To the `uncertain` the `destination` may have delivered the message before.
    """

    lease: int
    job_id: int | None
    destination: str
    recipients: tuple[Recipient, ...]
    uncertain: frozenset[uuid.UUID]
    left_out: int


def add_triggered_recipients(*, organization_id: int, messages: Sequence[Triggered], at: datetime) -> int:
    """Have messages sent from `at` on, in the caller's transaction; one that is there already is left as it is.

    Creatives and customers of another organization are left out. One statement; how many are new.
    """
    if not messages:
        return 0
    wanted = [{"key": each.key, "unit_id": each.unit_id, "customer_id": each.customer_id} for each in messages]
    with connection.cursor() as cursor:
        cursor.execute(ADD_TRIGGERED, [at, orjson.dumps(wanted).decode(), organization_id])
        added = int(cursor.rowcount)
    if added:
        look_now("campaigns.look_after_deliveries")
    return added


@transaction.atomic
def take_recipients(
    *,
    job_id: int | None,
    unit_id: int,
    limit: int,
    destination: str = "",
    consent: str | None = None,
    with_tokens: bool = False,
) -> Taken:
    """Lease up to `limit` recipients of a job, or (`job_id` None) of a creative's triggered messages.

    `consent` is the column that the message needs beside the general one; push tokens come where they are asked for.
    """
    lease = new_lease()
    statement = TAKE.format(
        whose=OF_UNIT if job_id is None else OF_JOB,
        consent=f"customer.{consent}" if consent else "TRUE",
        tokens=TOKENS if with_tokens else "'[]'",
    )
    values: dict[str, Any] = {"job": job_id, "unit": unit_id, "limit": limit, "lease": lease}
    values |= {"seconds": lease_seconds(), "destination": destination}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "withdrawn": WITHDRAWN, "elsewhere": ELSEWHERE})
        rows = cursor.fetchall()
    recipients = tuple(_recipient(row) for row in rows if row[6])
    uncertain = frozenset(row[0] for row in rows if row[7])
    return Taken(lease, job_id, destination, recipients, uncertain, len(rows) - len(recipients))


@contextmanager
def leases_kept(taken: Taken) -> Iterator[Heartbeat]:
    """Extend the leases of what was taken for as long as the block lasts, and tell when its job was stopped."""
    values = {"job": taken.job_id, "lease": taken.lease, "seconds": lease_seconds()}
    with Heartbeat(KEEP, values, cancels=False) as heartbeat:
        yield heartbeat


def settle_recipients(*, taken: Taken, results: Iterable[Result], deduplicates: bool) -> None:
    """Write what became of leased recipients, whatever their number in one statement.

    What nothing is known of is ambiguous, unless the other side deduplicates: then it is tried again.
    """
    by_key = {result.key: result for result in results}
    rows = [_settled(taken, each.key, by_key.get(each.key), deduplicates=deduplicates) for each in taken.recipients]
    if rows:
        values = {
            "results": orjson.dumps(rows).decode(),
            "lease": taken.lease,
            "most": MOST_ATTEMPTS,
            "first": FIRST_PAUSE,
            "longest": LONGEST_PAUSE,
            "patience": LONGEST_PATIENCE,
        }
        insist(SETTLE, values)


def expire_leases(*, is_repeatable: Callable[[int | None, int], bool]) -> None:
    """Give up on workers whose leases are over: their recipients are tried again, or are ambiguous."""
    with connection.cursor() as cursor:
        cursor.execute(EXPIRED)
        for job_id, unit_id in cursor.fetchall():
            again = is_repeatable(job_id, unit_id)
            state = "pending" if again else "ambiguous"
            error = None if again else "The worker was lost while it handed over."
            cursor.execute(EXPIRE, {"job": job_id, "unit": unit_id, "state": state, "error": error})


def _recipient(row: tuple[Any, ...]) -> Recipient:
    key, customer_id, identity, external_id, attributes, tokens, *_ = row
    return Recipient(
        key=key,
        customer_id=customer_id,
        customer_uuid=identity,
        external_id=external_id,
        attributes=orjson.loads(attributes),
        push_tokens=tuple((platform, token) for platform, token in orjson.loads(tokens)),
    )


def _settled(taken: Taken, key: uuid.UUID, result: Result | None, *, deduplicates: bool) -> dict[str, Any]:
    """A row for SETTLE: the state that the outcome means now, after the last attempt, and after the longest patience.

    An attempt that failed says nothing of an uncertain one before it.
    """
    result = result or Result(key, Outcome.UNKNOWN, error="The channel said nothing.")
    is_open = result.outcome in {Outcome.RETRY, Outcome.LATER, Outcome.UNKNOWN}
    is_uncertain = result.outcome is Outcome.UNKNOWN or key in taken.uncertain
    begun = taken.destination if is_uncertain else ""
    state, in_the_end = {
        Outcome.SENT: ("sent", "sent"),
        Outcome.FAILED: ("failed", "failed"),
        Outcome.SKIPPED: ("skipped", "skipped"),
        Outcome.RETRY: ("pending", "ambiguous" if is_uncertain else "failed"),
        Outcome.LATER: ("pending", "pending"),
        Outcome.UNKNOWN: ("pending" if deduplicates else "ambiguous", "ambiguous"),
    }[result.outcome]
    return {
        "key": key,
        "state": state,
        "in_the_end": in_the_end,
        "at_last": ("ambiguous" if is_uncertain else "failed") if is_open else state,
        "reference": _text(begun if is_open else result.reference, LONGEST_REFERENCE),
        "error": _text(result.error, LONGEST_ERROR),
        "pause": (result.retry_after or 0.0) if result.outcome is Outcome.LATER else result.retry_after,
    }


def _text(said: str, longest: int) -> str | None:
    """What another system said, as PostgreSQL can keep it."""
    kept = said.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]
    return kept or None


@transaction.atomic
def resolve_recipients(*, organization: Organization, keys: Sequence[uuid.UUID], verdict: Verdict) -> int:
    """An operator says what became of ambiguous recipients; how many there were.

    To send again is possible for failed ones, too, and reopens a delivery that is complete.
    """
    values: dict[str, Any] = {"keys": list(keys), "organization": organization.pk, "state": VERDICTS[verdict].value}
    with connection.cursor() as cursor:
        cursor.execute(RESOLVE, values)
        resolved: int = cursor.fetchone()[0]
    if resolved and verdict is Verdict.AGAIN:
        look_now("campaigns.look_after_deliveries")
    return resolved
