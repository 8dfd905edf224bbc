"""Building an audience: chunks of customers' ids, each one statement, each taken by whoever is free.

A chunk's members and its mark are committed together, and only by the worker that still holds its lease. So a worker
may die at any point, or be thought dead and come back: a chunk is built once.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from campaigns.delivery.add_recipients import RANGE, add_members, terms_of
from campaigns.delivery.audience import sends_nothing
from campaigns.delivery.leases import Heartbeat, insist, lease_seconds, new_lease, shared_now
from campaigns.models import AudienceChunk, Delivery
from campaigns.models.delivery import DeliveryState
from customers.named_sql import NamedSQL
from customers.transactions import was_undone

SQL = NamedSQL(__file__)

# After so many attempts a chunk that fails ends its delivery; one that takes its workers or the database along, later.
MOST_FAILURES, MOST_ATTEMPTS = 5, 30
LONGEST_PAUSE = 60
# Customers of a chunk whose counts towards a cap are locked until its end: nobody's visit should wait for long.
LARGEST_CAPPED = 2_000

PLAN = SQL("plan")
TAKE = SQL("take")
KEEP = SQL("keep")
LET_GO = """
UPDATE campaigns_audiencechunk SET lease = NULL, leased_until = now() + make_interval(secs => %(seconds)s::int),
    attempts = attempts - %(uncounted)s::int
WHERE id = %(chunk)s::bigint AND lease = %(lease)s::bigint AND done_at IS NULL
"""
DONE = """
UPDATE campaigns_audiencechunk SET done_at = now(), lease = NULL, leased_until = NULL
WHERE id = %s::bigint AND lease = %s::bigint AND done_at IS NULL
"""
ADD = SQL("add")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Leased:
    """A chunk and the lease under which this worker has it."""

    chunk: AudienceChunk
    lease: int

    @property
    def delivery(self) -> Delivery:
        """The delivery that the chunk is of."""
        delivery: Delivery = self.chunk.delivery
        return delivery


class _NotOursError(Exception):
    """The lease has gone to somebody else, or the delivery is no longer being built."""


def plan_chunks(*, delivery: Delivery) -> int:
    """Share the organization's customers out among chunks, in one statement; how many there are.

    The delivery knows already what it is built from.
    """
    size = settings.AUDIENCE_CHUNK
    if terms_of(delivery, now=shared_now()).cap is not None:
        size = min(size, LARGEST_CAPPED)
    with connection.cursor() as cursor:
        cursor.execute(PLAN, [size, delivery.organization_id, delivery.organization_id, delivery.pk])
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
    chunk = AudienceChunk.objects.select_related("delivery__creative", "delivery__organization").get(pk=row[0])
    return Leased(chunk, lease)


def build_chunk(*, leased: Leased) -> bool:
    """Add the members of a leased chunk; False where it could not be done, and is left to the next one.

    A chunk that fails again and again, or takes its workers along, fails its delivery; one that PostgreSQL undoes,
    because somebody else was in its way, does not.
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
    except Exception as error:  # noqa: BLE001 - whatever it is, it is noted, and the next one tries
        if heartbeat.is_unwanted:
            _let_go(leased, 0)
        else:
            _note_failure(leased, error)
        return False
    return True


def _note_failure(leased: Leased, error: Exception) -> None:
    chunk = leased.chunk
    if was_undone(error):
        log.warning("chunk_undone", delivery=chunk.delivery_id, chunk=chunk.number, reason=str(error))
        _let_go(leased, 0, uncounted=1)
        return
    log.error("chunk_failed", delivery=chunk.delivery_id, chunk=chunk.number, exc_info=error)
    is_its_own = not isinstance(error, OperationalError | InterfaceError | IntegrityError)
    if chunk.attempts >= (MOST_FAILURES if is_its_own else MOST_ATTEMPTS):
        _fail(leased, f"Chunk {chunk.number}: {error}")
    else:
        _let_go(leased, min(2**chunk.attempts, LONGEST_PAUSE))


def _build(leased: Leased) -> None:
    chunk, delivery = leased.chunk, leased.delivery
    with connection.cursor() as cursor:
        # Members and mark are lost together, or not at all: there is nothing to wait for.
        cursor.execute("SET LOCAL synchronous_commit = off")
        terms = terms_of(delivery, now=shared_now())
        members = add_members(delivery=delivery, terms=terms, whom=RANGE, values=[chunk.first_id, chunk.last_id])
        cursor.execute(DONE, [chunk.pk, leased.lease])
        if cursor.rowcount == 1:
            skipped = members if sends_nothing(delivery.creative.ad_type) else 0
            added: dict[str, Any] = {"delivery": delivery.pk, "members": members, "skipped": skipped}
            added["capped_from"] = terms.cap and terms.cap.starts_on
            cursor.execute(ADD, added)
        if cursor.rowcount != 1:
            raise _NotOursError


def _let_go(leased: Leased, seconds: int, *, uncounted: int = 0) -> bool:
    """Whether the chunk was still ours to let go; of its attempts `uncounted` are as if they had not been."""
    values = {"seconds": seconds, "uncounted": uncounted, "chunk": leased.chunk.pk, "lease": leased.lease}
    return bool(insist(LET_GO, values))


@transaction.atomic
def _fail(leased: Leased, sentence: str) -> None:
    if not _let_go(leased, 0):
        return
    delivery = Delivery.objects.select_for_update().get(pk=leased.delivery.pk)
    if delivery.state == DeliveryState.BUILDING:
        delivery.state, delivery.error = DeliveryState.FAILED, sentence
        delivery.save(update_fields=["state", "error"])
