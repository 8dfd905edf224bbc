"""Delivering: whoever is free takes the next batch of some delivery, or a whole audience to export."""

import time
from datetime import datetime
from typing import Any

import structlog
from django.db import connection

from campaigns.delivery.attach_offers import issue_offers_to_batch
from campaigns.delivery.audience import sends_nothing
from campaigns.delivery.cap_periods import cap_that_is_over, count_again
from campaigns.delivery.channels.base import DeliveryFailedError, Message
from campaigns.delivery.channels.registry import courier_for
from campaigns.delivery.channels.troubles import our_own
from campaigns.delivery.dispatch import hand_over
from campaigns.delivery.exports import export_job
from campaigns.delivery.leases import insist
from campaigns.delivery.messages import get_message
from campaigns.delivery.recipients.expire import expire_leases
from campaigns.delivery.recipients.settle import LONGEST_ERROR
from campaigns.delivery.slow_destinations import HeldUpError
from campaigns.delivery.sweep import finish_jobs
from campaigns.delivery.triggered import LARGEST_BITE, next_triggered_unit, set_aside
from campaigns.models import AudienceJob
from campaigns.models.ad_type import EXPORTS, AdType
from customers.named_sql import NamedSQL
from customers.transactions import was_undone

SQL = NamedSQL(__file__)

# After so many failures in a row, some twenty minutes, an operator is needed.
MOST_FAILURES, LONGEST_PAUSE = 12, 300
PAUSE_AFTER_FAILURE = 60
PAUSE_WITHOUT_TOKENS, PAUSE_HELD_UP = 0.5, 1.0

NEXT = SQL("next")
NOTE_FAILURE = SQL("note_failure")
REST = """
UPDATE campaigns_audiencejob SET leased_until = now() + make_interval(secs => %(seconds)s::float)
WHERE id = %(job)s::bigint AND state = 'delivering' AND (leased_until IS NULL OR leased_until < now())
"""
NOTE_SUCCESS = SQL("note_success")
SOME_WAIT = "Some recipients are tried again later: "

log = structlog.get_logger(__name__)
# Until when (by the clock of this process) the triggered messages of a creative are left alone.
_slow: dict[int, float] = {}


def deliver_next(*, now: datetime) -> bool:
    """Do the next piece of delivering; False where nothing is to be done at this moment.

    Jobs and triggered messages have a turn each: neither waits for the end of the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [list(EXPORTS)])
        row = cursor.fetchone()
    done = row is not None and _deliver(AudienceJob.objects.get(pk=row[0]), now)
    unit_id = next_triggered_unit(besides=_slow_units())
    return (unit_id is not None and _deliver_triggered(unit_id, now)) or done


def give_up_on_the_dead() -> None:
    """Take back what workers had in hand when they died."""
    expire_leases(is_repeatable=_is_repeatable)


def _deliver(job: AudienceJob, now: datetime) -> bool:
    try:
        message = get_message(unit_id=job.unit_id, job=job)
        cap = cap_that_is_over(job=job, now=now)
        if cap is not None and not count_again(job=job, cap=cap):
            return False
        if message.ad_type in EXPORTS:
            courier: Any = courier_for(message)
            done = export_job(message=message, job=job, courier=courier)
        else:
            done = bool(_hand_over(message, now))
    except HeldUpError:
        insist(REST, {"job": job.pk, "seconds": PAUSE_HELD_UP})
        return True
    except Exception as error:
        if was_undone(error):
            # No failure of the delivery: the task does it again.
            raise
        _note_failure(job, error)
        return True
    finish_jobs(job_id=job.pk)
    return done


def _hand_over(message: Message, now: datetime) -> int:
    if message.ad_type == AdType.ISSUE_BULK_OFFER:
        return issue_offers_to_batch(message=message, now=now)
    channel: Any = courier_for(message)
    settled = hand_over(message=message, channel=channel)
    if message.job_id is not None and settled:
        values = {"some": SOME_WAIT, "job": message.job_id, "destination": channel.destination}
        with connection.cursor() as cursor:
            cursor.execute(NOTE_SUCCESS, values)
    return settled


def _note_failure(job: AudienceJob, error: Exception) -> None:
    expected = isinstance(error, DeliveryFailedError)
    if not expected:
        log.error("delivery_failed", job=job.pk, exc_info=error)
    sentence = str(error) if expected else our_own(error)
    is_lasting = isinstance(error, DeliveryFailedError) and error.is_lasting
    values: dict[str, Any] = {
        "error": sentence.replace("\x00", ""),
        "lasting": is_lasting,
        "most": MOST_FAILURES,
        "longest": LONGEST_PAUSE,
        "asked": _asked(error),
        "job": job.pk,
    }
    insist(NOTE_FAILURE, values)


def _asked(error: Exception) -> float:
    """The seconds that the other side asks to wait, if it does."""
    return (error.retry_after or 0.0) if isinstance(error, DeliveryFailedError) else 0.0


def _deliver_triggered(unit_id: int, now: datetime) -> bool:
    message = get_message(unit_id=unit_id, job=None)
    if message.ad_type in EXPORTS or sends_nothing(message.ad_type):
        set_aside(unit_id=unit_id, state="skipped", error=f"{message.ad_type} is for whole audiences.")
        return True
    try:
        settled = _hand_over(message, now)
    except HeldUpError:
        settled = 0
    except Exception as error:
        if was_undone(error):
            raise
        expected = isinstance(error, DeliveryFailedError)
        if not expected:
            log.exception("triggered_message_failed", unit=unit_id)
        sentence = (str(error) if expected else our_own(error)).replace("\x00", "")[:LONGEST_ERROR]
        seconds = max(PAUSE_AFTER_FAILURE, _asked(error))
        if set_aside(unit_id=unit_id, state="pending", error=sentence, seconds=seconds) == LARGEST_BITE:
            # There are more; nobody is tried again and again only to put off the next ten thousand.
            _slow[unit_id] = time.monotonic() + seconds
        return True
    if not settled:
        _slow[unit_id] = time.monotonic() + PAUSE_WITHOUT_TOKENS
    return bool(settled)


def _slow_units() -> list[int]:
    """The creatives whose destinations want no more for a moment; older messages of theirs keep no others waiting."""
    clock = time.monotonic()
    for unit_id in [unit_id for unit_id, until in _slow.items() if until <= clock]:
        del _slow[unit_id]
    return list(_slow)


def _is_repeatable(job_id: int | None, unit_id: int) -> bool:
    """Whether what a lost worker had in hand may be handed over again; not where nobody knows any more."""
    job = None if job_id is None else AudienceJob.objects.get(pk=job_id)
    try:
        message = get_message(unit_id=unit_id, job=job)
        if message.ad_type == AdType.ISSUE_BULK_OFFER:
            return True
        return bool(getattr(courier_for(message), "deduplicates", False))
    except Exception as error:  # noqa: BLE001 - one creative's trouble keeps nobody from being taken back
        log.warning("doubtful_lease", unit=unit_id, reason=str(error))
        return False
