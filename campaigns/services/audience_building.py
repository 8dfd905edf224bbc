"""Building an audience: chunks of customers' ids, each one statement, each taken by whoever is free.

A chunk's members and its mark are committed together, and only by the worker that still holds its lease. So a worker
may die at any point, or be thought dead and come back: a chunk is built once.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from campaigns.models import AudienceChunk, AudienceJob
from campaigns.models.audience_job import JobState
from campaigns.models.audience_member import MemberState
from campaigns.models.frequency import COUNT_CAPPED, HAS_ROOM
from campaigns.queries.audiences import Terms, get_terms, sends_nothing
from campaigns.queries.definitions import read_definition
from campaigns.services.heartbeats import Heartbeat, insist, lease_seconds, new_lease
from customers.services.identities import hold_merges

# After so many attempts a chunk that fails ends its job; one that takes its workers or the database along has more.
MOST_FAILURES, MOST_ATTEMPTS = 5, 30
LONGEST_PAUSE = 60
# Customers of a chunk whose counts towards a cap are locked until its end: nobody's visit should wait for long.
LARGEST_CAPPED = 10_000

PLAN = """
WITH numbered AS (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s::bigint AS number
    FROM customers_customer WHERE organization_id = %s::bigint
), ranges AS (
    SELECT number, min(id) AS first_id, max(id) AS last_id FROM numbered GROUP BY number
)
INSERT INTO campaigns_audiencechunk (organization_id, job_id, number, first_id, last_id)
SELECT %s::bigint, %s::bigint, number, first_id, COALESCE(lead(first_id) OVER (ORDER BY number) - 1, last_id)
FROM ranges
"""
TAKE = """
WITH next AS (
    SELECT chunk.id FROM campaigns_audiencechunk chunk JOIN campaigns_audiencejob job ON job.id = chunk.job_id
    WHERE job.state = 'building' AND chunk.done_at IS NULL
    AND (chunk.leased_until IS NULL OR chunk.leased_until < now())
    AND (%(chunk)s::bigint IS NULL OR chunk.id = %(chunk)s::bigint)
    ORDER BY job.scheduled_for, job.id, chunk.number LIMIT 1 FOR UPDATE OF chunk SKIP LOCKED
)
UPDATE campaigns_audiencechunk chunk
SET lease = %(lease)s::bigint, leased_until = now() + make_interval(secs => %(seconds)s::int), attempts = attempts + 1
FROM next WHERE chunk.id = next.id RETURNING chunk.id
"""
KEEP = """
WITH kept AS (
    UPDATE campaigns_audiencechunk chunk SET leased_until = now() + make_interval(secs => %(seconds)s::int)
    FROM campaigns_audiencejob job
    WHERE chunk.id = %(chunk)s::bigint AND chunk.lease = %(lease)s::bigint AND chunk.done_at IS NULL
    AND job.id = chunk.job_id AND job.state = 'building' RETURNING chunk.job_id
)
UPDATE campaigns_audiencejob job SET heartbeat_at = now() FROM kept WHERE job.id = kept.job_id RETURNING job.id
"""
LET_GO = """
UPDATE campaigns_audiencechunk SET lease = NULL, leased_until = now() + make_interval(secs => %(seconds)s::int)
WHERE id = %(chunk)s::bigint AND lease = %(lease)s::bigint AND done_at IS NULL
"""
# Keys begin with the job's own half, so that members lie in the index as they lie in the table.
MEMBERS = """
INSERT INTO campaigns_audiencemember (key, organization_id, job_id, unit_id, customer_id, state, due_at)
SELECT (%s::text || lpad(to_hex({id}), 16, '0'))::uuid, %s::bigint, %s::bigint, %s::bigint, {id}, %s::varchar,
    CASE WHEN %s::boolean THEN now() END
FROM {source}
"""
CUSTOMERS = """customers_customer customer
WHERE customer.organization_id = %s::bigint AND customer.id BETWEEN %s::bigint AND %s::bigint AND {terms}"""
# A merge may have made somebody of the chunk a member already; one that does so later has the chunk built again. (To
# ask each customer, or ON CONFLICT, would cost a fifth of the speed.)
KNOWN = """
SELECT EXISTS (SELECT FROM campaigns_audiencemember
    WHERE job_id = %s::bigint AND customer_id BETWEEN %s::bigint AND %s::bigint)
"""
UNKNOWN = """ AND NOT EXISTS (SELECT FROM campaigns_audiencemember member WHERE member.job_id = %s::bigint
    AND member.customer_id = customer.id AND member.customer_id BETWEEN %s::bigint AND %s::bigint)"""
PLAIN = MEMBERS.format(id="customer.id", source=CUSTOMERS)
# Each message counts towards the campaign's cap here, where rows are locked: who has reached it since is left out.
COUNTED = """
WITH counted AS (
    INSERT INTO campaigns_participation AS mine
        (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
    SELECT customer.organization_id, customer.id, %s::bigint, 1, %s::date, %s::smallint FROM {customers}
    ORDER BY customer.id
    ON CONFLICT (customer_id, campaign_id) DO UPDATE SET {counting} WHERE {has_room}
    RETURNING customer_id
)
{members}
"""
# Who was merged into another customer while the chunk was being built; the other one is judged on their own.
GONE = """
DELETE FROM campaigns_audiencemember member
WHERE member.job_id = %s::bigint AND member.customer_id BETWEEN %s::bigint AND %s::bigint
AND NOT EXISTS (SELECT FROM customers_customer customer WHERE customer.id = member.customer_id)
"""
DONE = """
UPDATE campaigns_audiencechunk SET done_at = now(), members = %s::bigint, lease = NULL, leased_until = NULL
WHERE id = %s::bigint AND lease = %s::bigint AND done_at IS NULL
"""
# The last chunk moves the job on.
ADD = """
UPDATE campaigns_audiencejob SET audience = audience + %(members)s::bigint, skipped = skipped + %(skipped)s::bigint,
    chunks_done = chunks_done + 1, heartbeat_at = now(), error = '',
    state = CASE WHEN chunks_done + 1 < chunks THEN state ELSE 'built' END,
    built_at = CASE WHEN chunks_done + 1 < chunks THEN built_at ELSE now() END
WHERE id = %(job)s::bigint AND state = 'building'
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Leased:
    """A chunk and the lease under which this worker has it."""

    chunk: AudienceChunk
    lease: int

    @property
    def job(self) -> AudienceJob:
        """The job that the chunk is of."""
        job: AudienceJob = self.chunk.job
        return job


class _NotOursError(Exception):
    """The lease has gone to somebody else, or the job is no longer being built."""


def plan_chunks(*, job: AudienceJob) -> int:
    """Share the organization's customers out among chunks, in one statement; how many there are.

    The job knows already what it is built from.
    """
    size = settings.AUDIENCE_CHUNK
    if _terms(job).cap is not None:
        size = min(size, LARGEST_CAPPED)
    with connection.cursor() as cursor:
        cursor.execute(PLAN, [size, job.organization_id, job.organization_id, job.pk])
        return int(cursor.rowcount)


def take_chunk(*, chunk_id: int | None = None) -> Leased | None:
    """Lease a chunk that nobody has: this one, or the next; None where there is none."""
    lease = new_lease()
    with transaction.atomic(), connection.cursor() as cursor:
        # A lease that a crash of the database loses is nobody's; to wait for the disk, which has the last chunk to
        # write, would cost as much as a tenth of a chunk.
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(TAKE, {"chunk": chunk_id, "lease": lease, "seconds": lease_seconds()})
        row = cursor.fetchone()
    if row is None:
        return None
    chunk = AudienceChunk.objects.select_related("job__unit", "job__organization").get(pk=row[0])
    return Leased(chunk, lease)


def build_chunk(*, leased: Leased) -> bool:
    """Add the members of a leased chunk; False where it could not be done, and is left to the next one.

    A chunk that fails again and again, or takes its workers along, fails its job.
    """
    chunk = leased.chunk
    if chunk.attempts > MOST_ATTEMPTS:
        _fail(leased, f"Chunk {chunk.number} was begun {MOST_ATTEMPTS} times and never finished.")
        return False
    heartbeat = Heartbeat(KEEP, {"chunk": chunk.pk, "lease": leased.lease, "seconds": lease_seconds()})
    try:
        with heartbeat, transaction.atomic():
            _build(leased)
    except _NotOursError:
        return False
    except Exception as error:
        if heartbeat.is_unwanted:
            _let_go(leased, 0)
            return False
        log.exception("chunk_failed", job=chunk.job_id, chunk=chunk.number)
        is_its_own = not isinstance(error, OperationalError | InterfaceError)
        if chunk.attempts >= (MOST_FAILURES if is_its_own else MOST_ATTEMPTS):
            _fail(leased, f"Chunk {chunk.number}: {error}")
        else:
            _let_go(leased, min(2**chunk.attempts, LONGEST_PAUSE))
        return False
    return True


def _build(leased: Leased) -> None:
    chunk, job = leased.chunk, leased.job
    nothing = sends_nothing(job.unit.ad_type)
    with connection.cursor() as cursor:
        # Members and mark are lost together, or not at all: there is nothing to wait for.
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(*_statement(leased, _terms(job), sends_nothing=nothing))
        members = cursor.rowcount
        if hold_merges(organization_id=chunk.organization_id):
            cursor.execute(GONE, [job.pk, chunk.first_id, chunk.last_id])
            members -= cursor.rowcount
        cursor.execute(DONE, [members, chunk.pk, leased.lease])
        if cursor.rowcount == 1:
            cursor.execute(ADD, {"members": members, "skipped": members if nothing else 0, "job": job.pk})
        if cursor.rowcount != 1:
            raise _NotOursError


def _terms(job: AudienceJob) -> Terms:
    kept: dict[str, Any] = job.definition or {}
    return get_terms(
        organization=job.organization,
        definition=read_definition(organization_id=job.organization_id, written=kept),
        group_id=job.unit.group_id,
        creative_type=kept["creative_type"],
        now=job.started_at or job.scheduled_for,
    )


def _statement(leased: Leased, terms: Terms, *, sends_nothing: bool) -> tuple[str, list[Any]]:
    chunk, job = leased.chunk, leased.job
    where, parameters = terms.where
    ids = [job.pk, chunk.first_id, chunk.last_id]
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, ids)
        if cursor.fetchone()[0]:
            where, parameters = where + UNKNOWN, [*parameters, *ids]
    state = MemberState.SKIPPED if sends_nothing else MemberState.PENDING
    member = [job.key.hex[:16], chunk.organization_id, job.pk, job.unit_id, state.value, not sends_nothing]
    among = [chunk.organization_id, chunk.first_id, chunk.last_id, *parameters]
    if terms.cap is None:
        return PLAIN.format(terms=where), [*member, *among]
    members = MEMBERS.format(id="counted.customer_id", source="counted")
    statement = COUNTED.format(
        customers=CUSTOMERS.format(terms=where),
        counting=COUNT_CAPPED,
        has_room=HAS_ROOM.format(cap="%s::bigint"),
        members=members,
    )
    counted = [job.campaign_id, terms.cap.starts_on, terms.cap.rule, *among, terms.cap.number]
    return statement, [*counted, *member]


def _let_go(leased: Leased, seconds: int) -> bool:
    """Whether the chunk was still ours to let go."""
    return bool(insist(LET_GO, {"seconds": seconds, "chunk": leased.chunk.pk, "lease": leased.lease}))


@transaction.atomic
def _fail(leased: Leased, sentence: str) -> None:
    if not _let_go(leased, 0):
        return
    job = AudienceJob.objects.select_for_update().get(pk=leased.job.pk)
    if job.state == JobState.BUILDING:
        job.state, job.error = JobState.FAILED, sentence
        job.save(update_fields=["state", "error"])
