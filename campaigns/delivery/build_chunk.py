"""Building an audience in chunks of customers' ids: one statement a chunk, claimed by any worker.

A chunk's recipients and its mark are committed together, and only by the worker that still holds its lease. So a chunk
is built once, even if a worker crashes at any point, or comes back after its lease has expired.
"""

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from campaigns.delivery.add_recipients import IN_RANGE, add_recipients, criteria_of
from campaigns.delivery.audience import sends_nothing
from campaigns.delivery.leases import Heartbeat, lease_seconds, new_lease_token, shared_now, with_reconnect
from campaigns.models import AudienceChunk, Delivery
from campaigns.models.delivery import DeliveryState
from customers.named_sql import NamedSQL, Values
from customers.transactions import was_undone

SQL = NamedSQL(__file__)

# After so many failures of its own a chunk fails its delivery; after so many attempts, if workers or the database fail.
MOST_FAILURES, MOST_ATTEMPTS = 5, 30
LONGEST_PAUSE = 60
# Customers of a capped chunk are locked until it is built: no page view should wait for long.
LARGEST_CAPPED = 2_000

PLAN_CHUNKS = SQL("plan_chunks")
CLAIM_CHUNK = SQL("claim_chunk")
RENEW_CHUNK_LEASE = SQL("renew_chunk_lease")
RELEASE_CHUNK = """
UPDATE campaigns_audiencechunk SET lease_token = NULL, leased_until = now() + make_interval(secs => %(seconds)s::int),
    attempts = attempts - %(uncounted)s::int
WHERE id = %(chunk)s::bigint AND lease_token = %(lease_token)s::bigint AND done_at IS NULL
"""
MARK_CHUNK_DONE = """
UPDATE campaigns_audiencechunk SET done_at = now(), lease_token = NULL, leased_until = NULL
WHERE id = %s::bigint AND lease_token = %s::bigint AND done_at IS NULL
"""
ADD_CHUNK_TO_DELIVERY = SQL("add_chunk_to_delivery")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LeasedChunk:
    """A chunk that this worker has leased."""

    chunk: AudienceChunk
    lease_token: int

    @property
    def delivery(self) -> Delivery:
        """The chunk's delivery."""
        delivery: Delivery = self.chunk.delivery
        return delivery


class _NotOursError(Exception):
    """Another worker has the lease, or the delivery is no longer being built."""


def plan_chunks(*, delivery: Delivery) -> int:
    """Divide the organization's customers into chunks, in one statement; how many.

    The delivery has stored its definition before.
    """
    size = settings.AUDIENCE_CHUNK
    if criteria_of(delivery, now=shared_now()).cap is not None:
        size = min(size, LARGEST_CAPPED)
    with connection.cursor() as cursor:
        cursor.execute(PLAN_CHUNKS, [size, delivery.organization_id, delivery.organization_id, delivery.pk])
        return int(cursor.rowcount)


def claim_chunk(*, chunk_id: int | None = None) -> LeasedChunk | None:
    """Lease a chunk that no worker has: this one, or the next; None if there is none."""
    lease_token = new_lease_token()
    with transaction.atomic(), connection.cursor() as cursor:
        # If a crash of the database loses the lease, the chunk is free again; waiting for the disk, which is writing
        # the last chunk, would take a tenth of the time of a chunk.
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(CLAIM_CHUNK, {"chunk": chunk_id, "lease_token": lease_token, "seconds": lease_seconds()})
        row = cursor.fetchone()
    if row is None:
        return None
    chunk = AudienceChunk.objects.select_related("delivery__creative", "delivery__organization").get(pk=row[0])
    return LeasedChunk(chunk, lease_token)


def build_chunk(*, leased: LeasedChunk) -> bool:
    """Add the recipients of a leased chunk; False if that failed and another worker is to try again.

    A chunk that keeps failing, or keeps crashing its workers, fails its delivery; one that PostgreSQL rolls back
    because of a conflict (a deadlock) doesn't.
    """
    chunk = leased.chunk
    if chunk.attempts > MOST_ATTEMPTS:
        _fail(leased, f"Chunk {chunk.number} was begun {MOST_ATTEMPTS} times and never finished.")
        return False
    heartbeat = Heartbeat(
        RENEW_CHUNK_LEASE, {"chunk": chunk.pk, "lease_token": leased.lease_token, "seconds": lease_seconds()}
    )
    try:
        with heartbeat, transaction.atomic():
            _build(leased)
    except _NotOursError:
        return False
    except Exception as error:  # noqa: BLE001 - any error is recorded, and the chunk tried again
        if heartbeat.is_unwanted:
            _release(leased, 0)
        else:
            _note_failure(leased, error)
        return False
    return True


def _note_failure(leased: LeasedChunk, error: Exception) -> None:
    chunk = leased.chunk
    if was_undone(error):
        log.warning("chunk_undone", delivery=chunk.delivery_id, chunk=chunk.number, reason=str(error))
        _release(leased, 0, uncounted=1)
        return
    log.error("chunk_failed", delivery=chunk.delivery_id, chunk=chunk.number, exc_info=error)
    is_its_own = not isinstance(error, OperationalError | InterfaceError | IntegrityError)
    if chunk.attempts >= (MOST_FAILURES if is_its_own else MOST_ATTEMPTS):
        _fail(leased, f"Chunk {chunk.number}: {error}")
    else:
        _release(leased, min(2**chunk.attempts, LONGEST_PAUSE))


def _build(leased: LeasedChunk) -> None:
    chunk, delivery = leased.chunk, leased.delivery
    with connection.cursor() as cursor:
        # Recipients and mark are lost together or not at all, so the commit needn't wait for the disk.
        cursor.execute("SET LOCAL synchronous_commit = off")
        criteria = criteria_of(delivery, now=shared_now())
        members = add_recipients(
            delivery=delivery, criteria=criteria, whom=IN_RANGE, values=[chunk.first_id, chunk.last_id]
        )
        cursor.execute(MARK_CHUNK_DONE, [chunk.pk, leased.lease_token])
        if cursor.rowcount == 1:
            skipped = members if sends_nothing(delivery.creative.ad_type) else 0
            added: Values = {"delivery": delivery.pk, "members": members, "skipped": skipped}
            added["capped_from"] = criteria.cap.starts_on if criteria.cap else None
            cursor.execute(ADD_CHUNK_TO_DELIVERY, added)
        if cursor.rowcount != 1:
            raise _NotOursError


def _release(leased: LeasedChunk, seconds: int, *, uncounted: int = 0) -> bool:
    """Release the chunk; whether it was still ours. `uncounted` attempts are subtracted."""
    values = {"seconds": seconds, "uncounted": uncounted, "chunk": leased.chunk.pk, "lease_token": leased.lease_token}
    return bool(with_reconnect(RELEASE_CHUNK, values))


@transaction.atomic
def _fail(leased: LeasedChunk, sentence: str) -> None:
    if not _release(leased, 0):
        return
    delivery = Delivery.objects.select_for_update().get(pk=leased.delivery.pk)
    if delivery.state == DeliveryState.BUILDING:
        delivery.state, delivery.error = DeliveryState.FAILED, sentence
        delivery.save(update_fields=["state", "error"])
