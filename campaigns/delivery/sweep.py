"""Advances deliveries: those that are due begin, those that are built are released, those that are done complete.

Any number of workers may sweep at once: deliveries that another one has locked are skipped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction

from campaigns.decisions.compiled import write_definition
from campaigns.delivery.audience import sends_nothing
from campaigns.delivery.build_chunk import plan_chunks
from campaigns.delivery.cap_returns import NO_CAPS_OWED, return_next_caps
from campaigns.delivery.channels.failure_messages import describe_internal_error
from campaigns.delivery.follow_merges import current_snapshot, finish_next_audience
from campaigns.models import AudienceChunk, Delivery
from campaigns.models.ad_type import EXPORTS
from campaigns.models.creative import DEFAULT_LATENESS_WINDOW
from campaigns.models.delivery import DeliveryState
from campaigns.schedule.due_work import DUE_DELIVERIES
from campaigns.schedule.levels import LEVELS_END_AT, LEVELS_START_AT
from customers.jobs import enqueue
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

LOCK_NEXT_DUE_DELIVERY = SQL(
    "lock_next_due_delivery",
    due_deliveries=DUE_DELIVERIES.format(now="%(now)s::timestamptz"),
    no_caps_owed=NO_CAPS_OWED,
    levels_start_at=LEVELS_START_AT,
    levels_end_at=LEVELS_END_AT,
)
# Locked before they are evaluated: an operator's resolution of a recipient is serialised with it.
LOCK_DELIVERING = """
SELECT id FROM campaigns_delivery
WHERE state = 'delivering' AND (%(delivery)s::bigint IS NULL OR id = %(delivery)s::bigint)
ORDER BY id FOR UPDATE SKIP LOCKED
"""
FINISH_DELIVERIES = SQL("finish_deliveries")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A locked delivery whose time has come."""

    delivery: Delivery
    due_at: datetime
    ends_at: datetime
    lateness_window: int

    def reason_to_skip(self, now: datetime) -> str:
        """Why it is no longer to be delivered; empty where it is."""
        if self.ends_at <= now:
            return f"The campaign was over at {self.ends_at:%Y-%m-%dT%H:%M:%SZ}."
        late = now - self.due_at
        if self.lateness_window and late > timedelta(seconds=self.lateness_window):
            seconds = int(late.total_seconds())
            return f"Too late by its lateness window: {seconds} s instead of at most {self.lateness_window} s."
        return ""


def advance_deliveries(*, now: datetime) -> bool:
    """Advance whatever is due, each delivery in a transaction of its own; whether there was anything."""
    moved = return_next_caps()
    while begin_next_delivery(now=now) or finish_next_audience() or release_next_delivery(now=now):
        moved = True
    return finish_deliveries() or moved


@transaction.atomic
def begin_next_delivery(*, now: datetime) -> bool:
    """Begin building the audience of one delivery that is due, or skip it; False where there is none."""
    due = _lock_next(DeliveryState.SCHEDULED, now)
    if due is None:
        return False
    if not _skipped(due, now):
        try:
            with transaction.atomic():
                _begin(due.delivery, now)
        except OperationalError:
            raise
        except Exception as error:  # an error of one delivery must not stop those behind it
            log.exception("delivery_not_begun", delivery=due.delivery.pk)
            failed = {"state": DeliveryState.FAILED, "error": describe_internal_error(error)}
            Delivery.objects.filter(pk=due.delivery.pk).update(**failed)
    return True


@transaction.atomic
def release_next_delivery(*, now: datetime) -> bool:
    """Let one delivery whose audience is built be delivered, or skip it; False where there is none."""
    due = _lock_next(DeliveryState.BUILT, now)
    if due is None:
        return False
    if sends_nothing(due.delivery.creative.ad_type):
        _update(due.delivery, state=DeliveryState.COMPLETE, finished_at=now)
    elif due.delivery.file_rows is not None or not _skipped(due, now):
        # A complete file is delivered already; a delivery that was paused in the middle keeps its beginning.
        begun = due.delivery.delivering_at or now
        _update(due.delivery, state=DeliveryState.DELIVERING, delivering_at=begun, heartbeat_at=now)
    return True


def finish_deliveries(*, delivery_id: int | None = None) -> bool:
    """Complete deliveries (or this one) without pending recipients; whether there were any."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_DELIVERING, {"delivery": delivery_id})
        deliveries = [row[0] for row in cursor.fetchall()]
        if not deliveries:
            return False
        cursor.execute(FINISH_DELIVERIES, {"deliveries": deliveries, "exports": list(EXPORTS)})
        return bool(cursor.rowcount)


def _lock_next(state: DeliveryState, now: datetime) -> Due | None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_NEXT_DUE_DELIVERY, {"state": state.value, "now": now})
        row = cursor.fetchone()
    if row is None:
        return None
    delivery = Delivery.objects.select_related("creative").get(pk=row[0])
    return Due(delivery, row[1], row[2], DEFAULT_LATENESS_WINDOW if row[3] is None else row[3])


def _skipped(due: Due, now: datetime) -> bool:
    reason = due.reason_to_skip(now)
    if reason:
        _update(due.delivery, state=DeliveryState.SKIPPED, finished_at=now, error=reason)
    return bool(reason)


def _begin(delivery: Delivery, now: datetime) -> None:
    """Store the definition and the snapshot that the audience is built from, and plan its chunks."""
    definition = write_definition(organization_id=delivery.organization_id, campaign_id=delivery.campaign_id)
    begun_as = {"creative_type": delivery.creative.creative_type, "group_id": delivery.creative.creative_group_id}
    seen = current_snapshot()
    _update(delivery, definition={**(definition or {}), **begun_as}, merges_seen=seen, started_at=now)
    chunks = plan_chunks(delivery=delivery)
    _update(
        delivery,
        state=DeliveryState.BUILDING if chunks else DeliveryState.BUILT,
        chunks=chunks,
        built_at=None if chunks else now,
        heartbeat_at=now,
        error="",
    )
    for chunk_id in AudienceChunk.objects.filter(delivery=delivery).order_by("number").values_list("pk", flat=True):
        enqueue("campaigns.build_chunk", chunk_id)


def _update(delivery: Delivery, **changes: object) -> None:
    for name, value in changes.items():
        setattr(delivery, name, value)
    delivery.save(update_fields=list(changes))
