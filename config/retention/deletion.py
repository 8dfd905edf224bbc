"""Deleting old rows: a batch of one kind is one short transaction, and only one worker at a time works on a kind.

The progress of a pass is in the database, so a worker may be killed at any point; after a pass the kind rests.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.delivery.channels.file import remove_file
from campaigns.models import Delivery
from campaigns.models.delivery import DeliveryState
from config.retention.kinds import KINDS, RetentionKind
from customers.models import RetentionMark

BATCH_SIZE = 1_000
REST = timedelta(hours=1)
BatchResult = tuple[int | None, bool, int]  # the last id looked at, whether that was the end, how many were deleted

log = structlog.get_logger(__name__)


def retire(kind: RetentionKind, *, now: datetime | None = None, limit: int = BATCH_SIZE) -> bool:
    """Delete the old ones of the next rows of a kind.

    False if the kind is kept for good, rests, or another worker works on it.
    """
    days, now = getattr(settings, kind.setting), now or timezone.now()
    if not days:
        return False
    RetentionMark.objects.get_or_create(kind=kind.name)
    with transaction.atomic():
        mark = _lock_mark(kind, now)
        if mark is None:
            return False
        before = now - timedelta(days=days)
        last, is_over, gone = _delete_batch(kind, mark.after_id, before, limit)
        mark.removed += gone
        mark.after_id, mark.rests_until = (0, now + REST) if is_over or last is None else (last, None)
        mark.save(update_fields=["removed", "after_id", "rests_until"])
    if mark.rests_until:
        log.info("retention_pass", kind=kind.name, removed=mark.removed)
    return True


def retire_all(*, until: datetime) -> None:
    """Delete a batch of each kind in turn, until nothing is left to do or the time is up."""
    busy = True
    while busy:
        busy = False
        for kind in KINDS:
            if timezone.now() >= until:
                return
            busy = retire(kind) or busy


def _lock_mark(kind: RetentionKind, now: datetime) -> RetentionMark | None:
    due = Q(rests_until__isnull=True) | Q(rests_until__lte=now)
    return RetentionMark.objects.select_for_update(skip_locked=True).filter(due, kind=kind.name).first()


def _delete_batch(kind: RetentionKind, after_id: int, before: datetime, limit: int) -> BatchResult:
    if kind.sql is None:
        return _remove_next_file(after_id, before)
    with connection.cursor() as cursor:
        cursor.execute(kind.sql, {"after": after_id, "before": before, "limit": limit})
        last, is_over, gone = cursor.fetchone()
    return last, is_over, gone


def _remove_next_file(after_id: int, before: datetime) -> BatchResult:
    """Delete the file of the next finished delivery that has one in our storage."""
    over = (DeliveryState.COMPLETE, DeliveryState.CANCELLED, DeliveryState.SKIPPED)
    old = Delivery.objects.filter(pk__gt=after_id, state__in=over, finished_at__lt=before)
    ours = old.filter(file_url="", file_removed_at=None).exclude(file_name="").order_by("pk")
    delivery = ours.select_for_update(skip_locked=True).defer("definition").first()
    if delivery is None:
        return None, True, 0
    remove_file(delivery.file_name)
    Delivery.objects.filter(pk=delivery.pk).update(file_removed_at=timezone.now())
    return delivery.pk, False, 1
