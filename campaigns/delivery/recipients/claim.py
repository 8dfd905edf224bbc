"""Recipients claimed by one worker, in batches, until its lease ends."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction

from campaigns.delivery.channels.base import Recipient
from campaigns.delivery.leases import Heartbeat, lease_seconds, new_lease

WITHDRAWN = "Consent was withdrawn, or the customer is gone."
ELSEWHERE = "It may have been sent already, to another destination than messages go to now."

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
