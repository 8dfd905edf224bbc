"""Work of the campaigns app that runs beside the requests. Every task may come late, twice or never."""

import time

from celery import shared_task

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.bulkhead import with_stand_in
from campaigns.delivery.deliver import deliver_next, expire_worker_leases
from campaigns.delivery.leases import shared_now
from campaigns.delivery.sweep import advance_deliveries

# How long one task occupies a worker: the next one comes within a second, and other tasks need a turn.
SECONDS = 5.0
SWEEP_SECONDS = 1.0


@shared_task(name="campaigns.maintain_deliveries")  # type: ignore[untyped-decorator]  # Celery has no types
def maintain_deliveries() -> None:
    """Advance what is due, then build and deliver, for a few seconds."""
    until = time.monotonic() + SECONDS
    swept = 0.0
    while (clock := time.monotonic()) < until:
        if clock - swept >= SWEEP_SECONDS:
            swept = clock
            sweep()
        if not work_once() and not sweep():
            return


# The former name, so that tasks which an older version has queued are run.
shared_task(maintain_deliveries.run, name="campaigns.look_after_deliveries")


@shared_task(name="campaigns.build_chunk")  # type: ignore[untyped-decorator]  # Celery has no types
def build_one_chunk(chunk_id: int) -> None:
    """Build one chunk, unless another worker has it."""
    leased = claim_chunk(chunk_id=chunk_id)
    if leased is not None:
        build_chunk(leased=leased)


def sweep() -> bool:
    """Expire leases of crashed workers and advance due deliveries; whether anything was due."""
    expire_worker_leases()
    return advance_deliveries(now=shared_now())


def work_once() -> bool:
    """Build the next chunk, or deliver the next batch; False if neither is due."""
    now = shared_now()
    leased = claim_chunk()
    if leased is None:
        with with_stand_in(_step):
            return deliver_next(now=now)
    build_chunk(leased=leased)
    return True


def _step() -> bool:
    return sweep() or work_once()
