"""Exporting a whole audience: one worker hands it over, and then everybody counts as sent."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from campaigns.delivery.channel import AudienceExport, ExportedFile, Message, Recipient
from campaigns.delivery.messages import pending_batches
from campaigns.models import AudienceJob
from campaigns.models.ad_type import AdType
from campaigns.queries.audiences import CONSENTS
from campaigns.services.heartbeats import Heartbeat, lease_seconds, new_lease
from campaigns.services.recipients import WITHDRAWN

EXPORTS = frozenset({AdType.ISSUE_AUDIENCE_CSV, AdType.AUDIENCE_EXPORT})
BATCH = 20_000

TAKE = """
UPDATE campaigns_audiencejob SET lease = %(lease)s::bigint, heartbeat_at = now(),
    leased_until = now() + make_interval(secs => %(seconds)s::int)
WHERE id = %(job)s::bigint AND state = 'delivering' AND (leased_until IS NULL OR leased_until < now())
RETURNING file_rows IS NOT NULL
"""
KEEP = """
UPDATE campaigns_audiencejob SET leased_until = now() + make_interval(secs => %(seconds)s::int),
    heartbeat_at = now()
WHERE id = %(job)s::bigint AND lease = %(lease)s::bigint AND state = 'delivering' RETURNING id
"""
WITHDRAW = """
WITH lost AS (
    UPDATE campaigns_audiencemember member SET state = 'skipped', error = %s::varchar
    WHERE member.job_id = %s::bigint AND member.state = 'pending' AND NOT EXISTS (
        SELECT FROM customers_customer customer
        WHERE customer.id = member.customer_id AND customer.consent AND {consent})
    RETURNING 1
)
UPDATE campaigns_audiencejob SET skipped = skipped + (SELECT count(*) FROM lost) WHERE id = %s::bigint
"""
STANDS = """
UPDATE campaigns_audiencejob SET destination = %s::varchar, file_name = %s::varchar, file_url = %s::varchar,
    file_rows = %s::bigint, file_sha256 = %s::varchar
WHERE id = %s::bigint AND lease = %s::bigint AND state = 'delivering'
"""
SENT = f"""
WITH next AS (
    SELECT key FROM campaigns_audiencemember WHERE job_id = %(job)s::bigint AND state = 'pending'
    LIMIT {BATCH} FOR UPDATE SKIP LOCKED
), sent AS (
    UPDATE campaigns_audiencemember member SET state = 'sent', due_at = NULL, attempts = attempts + 1
    FROM next WHERE member.key = next.key RETURNING 1
)
UPDATE campaigns_audiencejob SET sent = sent + (SELECT count(*) FROM sent), heartbeat_at = now()
WHERE id = %(job)s::bigint AND lease = %(lease)s::bigint AND state = 'delivering'
RETURNING (SELECT count(*) FROM sent)
"""  # noqa: S608 - a constant of ours
LET_GO = (
    "UPDATE campaigns_audiencejob SET lease = NULL, leased_until = NULL WHERE id = %s::bigint AND lease = %s::bigint"
)


class _StoppedError(Exception):
    """The job was paused, cancelled, or given to somebody else."""


def export_job(*, message: Message, job: AudienceJob, courier: AudienceExport) -> bool:
    """Export a job's audience unless that is done, and mark everybody as sent; False where another worker is at it.

    A file that stands is not made again; one that was begun is begun anew.
    """
    lease = new_lease()
    values = {"job": job.pk, "lease": lease, "seconds": lease_seconds()}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        row = cursor.fetchone()
    if row is None:
        return False
    heartbeat = Heartbeat(KEEP, values)
    try:
        with heartbeat:
            if not row[0]:
                _export(message, job, courier, lease, heartbeat)
            while _mark_sent(job, lease):
                pass
    except Exception:
        if not heartbeat.is_unwanted:
            raise
    finally:
        with connection.cursor() as cursor:
            cursor.execute(LET_GO, [job.pk, lease])
    return True


def _export(message: Message, job: AudienceJob, courier: AudienceExport, lease: int, heartbeat: Heartbeat) -> None:
    consent = CONSENTS.get(message.creative_type)
    with connection.cursor() as cursor:
        withdraw = WITHDRAW.format(consent=f"customer.{consent}" if consent else "TRUE")
        cursor.execute(withdraw, [WITHDRAWN, job.pk, job.pk])
    exported: ExportedFile = courier.export(message, _while_wanted(job, heartbeat))
    stands: list[Any] = [courier.destination, exported.name, exported.url, exported.rows, exported.sha256]
    with connection.cursor() as cursor:
        cursor.execute(STANDS, [*stands, job.pk, lease])
        if cursor.rowcount != 1:
            raise _StoppedError


def _while_wanted(job: AudienceJob, heartbeat: Heartbeat) -> Iterator[Sequence[Recipient]]:
    for batch in pending_batches(job_id=job.pk, job_key=job.key):
        if heartbeat.is_unwanted:
            raise _StoppedError
        yield batch


def _mark_sent(job: AudienceJob, lease: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SENT, {"job": job.pk, "lease": lease})
        row = cursor.fetchone()
        if row is None:
            transaction.set_rollback(True)
        return bool(row and row[0])
