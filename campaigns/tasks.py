"""Work of the campaigns app that runs beside the requests. Every task may come late, twice or never."""

import time

from celery import shared_task

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.bulkhead import with_stand_in
from campaigns.delivery.deliver import deliver_next, expire_worker_leases
from campaigns.delivery.leases import shared_now
from campaigns.delivery.sweep import advance_deliveries

# How long one message keeps a worker: the next one comes within a second, and others want a turn.
SECONDS = 5.0
SWEEP_SECONDS = 1.0


@shared_task(name="campaigns.maintain_deliveries")  # type: ignore[untyped-decorator]
def maintain_deliveries() -> None:
    """Do what is due, and then whatever can be built or sent, for a few seconds."""
    until = time.monotonic() + SECONDS
    swept = 0.0
    while (clock := time.monotonic()) < until:
        if clock - swept >= SWEEP_SECONDS:
            swept = clock
            sweep()
        if not work_once() and not sweep():
            return


# What a version before this one has queued.
shared_task(maintain_deliveries.run, name="campaigns.look_after_deliveries")


@shared_task(name="campaigns.build_chunk")  # type: ignore[untyped-decorator]
def build_one_chunk(chunk_id: int) -> None:
    """Build one chunk, unless somebody else has it."""
    leased = claim_chunk(chunk_id=chunk_id)
    if leased is not None:
        build_chunk(leased=leased)


def sweep() -> bool:
    """Take back what the dead had in hand, and move on what time has made due; whether anything moved."""
    expire_worker_leases()
    return advance_deliveries(now=shared_now())


def work_once() -> bool:
    """Build the next chunk, or deliver the next batch; False where neither is to be done now."""
    now = shared_now()
    leased = claim_chunk()
    if leased is None:
        with with_stand_in(_step):
            return deliver_next(now=now)
    build_chunk(leased=leased)
    return True


def _step() -> bool:
    return sweep() or work_once()
