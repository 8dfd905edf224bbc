"""Retention at work: a bite of one kind is one short transaction, and only one worker at a time has a kind in hand.

Where a pass is stands in the database, so a worker may be killed at any point; once a pass is through, the kind rests.
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
from config.retention.kinds import KINDS, Kind
from customers.models import RetentionMark

BITE = 1_000
REST = timedelta(hours=1)
Looked = tuple[int | None, bool, int]  # up to which place, whether that was the end, how many are gone

log = structlog.get_logger(__name__)


def retire(kind: Kind, *, now: datetime | None = None, limit: int = BITE) -> bool:
    """Delete what is too old of the next rows of a kind.

    False where the kind is kept for good, rests, or is in the hands of another worker.
    """
    days, now = getattr(settings, kind.setting), now or timezone.now()
    if not days:
        return False
    RetentionMark.objects.get_or_create(kind=kind.name)
    with transaction.atomic():
        mark = _take(kind, now)
        if mark is None:
            return False
        before = now - timedelta(days=days)
        last, is_over, gone = _look(kind, mark.after_id, before, limit)
        mark.removed += gone
        mark.after_id, mark.rests_until = (0, now + REST) if is_over or last is None else (last, None)
        mark.save(update_fields=["removed", "after_id", "rests_until"])
    if mark.rests_until:
        log.info("retention_pass", kind=kind.name, removed=mark.removed)
    return True


def retire_all(*, until: datetime) -> None:
    """A bite of each kind in turn, until none has anything to do or the time is over."""
    busy = True
    while busy:
        busy = False
        for kind in KINDS:
            if timezone.now() >= until:
                return
            busy = retire(kind) or busy


def _take(kind: Kind, now: datetime) -> RetentionMark | None:
    awake = Q(rests_until__isnull=True) | Q(rests_until__lte=now)
    return RetentionMark.objects.select_for_update(skip_locked=True).filter(awake, kind=kind.name).first()


def _look(kind: Kind, after_id: int, before: datetime, limit: int) -> Looked:
    if kind.sql is None:
        return _remove_next_file(after_id, before)
    with connection.cursor() as cursor:
        cursor.execute(kind.sql, {"after": after_id, "before": before, "limit": limit})
        last, is_over, gone = cursor.fetchone()
    return last, is_over, gone


def _remove_next_file(after_id: int, before: datetime) -> Looked:
    """Delete the file of the next delivery that has one of ours."""
    over = (DeliveryState.COMPLETE, DeliveryState.CANCELLED, DeliveryState.SKIPPED)
    old = Delivery.objects.filter(pk__gt=after_id, state__in=over, finished_at__lt=before)
    ours = old.filter(file_url="", file_removed_at=None).exclude(file_name="").order_by("pk")
    delivery = ours.select_for_update(skip_locked=True).defer("definition").first()
    if delivery is None:
        return None, True, 0
    remove_file(delivery.file_name)
    Delivery.objects.filter(pk=delivery.pk).update(file_removed_at=timezone.now())
    return delivery.pk, False, 1
