"""Delivering: any worker claims the next batch of some delivery, or a whole audience to export."""

import time
from datetime import datetime

import structlog
from django.db import connection

from campaigns.delivery.attach_offers import issue_offers_to_batch
from campaigns.delivery.audience import sends_nothing
from campaigns.delivery.bulkhead import DestinationBusyError
from campaigns.delivery.cap_periods import cap_that_is_over, count_again
from campaigns.delivery.channels.base import DeliveryFailedError, Message
from campaigns.delivery.channels.failure_messages import describe_internal_error
from campaigns.delivery.channels.registry import channel_for, export_for
from campaigns.delivery.dispatch import dispatch_batch
from campaigns.delivery.exports import export_delivery
from campaigns.delivery.leases import with_reconnect
from campaigns.delivery.messages import get_message
from campaigns.delivery.recipients.expire import expire_leases
from campaigns.delivery.recipients.settle import LONGEST_ERROR
from campaigns.delivery.sweep import finish_deliveries
from campaigns.delivery.triggered_messages import LARGEST_BITE, defer_or_skip, next_triggered_creative
from campaigns.models import Delivery
from campaigns.models.ad_type import EXPORTS, AdType
from customers.named_sql import NamedSQL, Values
from customers.transactions import was_undone

SQL = NamedSQL(__file__)

# A delivery fails after so many failures in a row, some twenty minutes; then it needs an operator.
MOST_FAILURES, LONGEST_PAUSE = 12, 300
PAUSE_AFTER_FAILURE = 60
PAUSE_WITHOUT_TOKENS, PAUSE_HELD_UP = 0.5, 1.0

CHOOSE_NEXT_DELIVERY = SQL("choose_next_delivery")
RECORD_FAILURE = SQL("record_failure")
POSTPONE_DELIVERY = """
UPDATE campaigns_delivery SET leased_until = now() + make_interval(secs => %(seconds)s::float)
WHERE id = %(delivery)s::bigint AND state = 'delivering' AND (leased_until IS NULL OR leased_until < now())
"""
RECORD_SUCCESS = SQL("record_success")
SOME_WAIT = "Some recipients are tried again later: "

log = structlog.get_logger(__name__)
# Until when (`time.monotonic`) this process sends no triggered messages of a creative.
_slow: dict[int, float] = {}


def deliver_next(*, now: datetime) -> bool:
    """Deliver one batch of a delivery and one of triggered messages; False if nothing is due.

    Each has its turn: neither waits for the end of the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHOOSE_NEXT_DELIVERY, [list(EXPORTS)])
        row = cursor.fetchone()
    done = row is not None and _deliver(Delivery.objects.get(pk=row[0]), now)
    creative_id = next_triggered_creative(besides=_slow_creatives())
    return (creative_id is not None and _deliver_triggered(creative_id, now)) or done


def expire_worker_leases() -> None:
    """Make recipients of crashed workers pending again, or ambiguous."""
    expire_leases(is_repeatable=_is_repeatable)


def _deliver(delivery: Delivery, now: datetime) -> bool:
    try:
        message = get_message(creative_id=delivery.creative_id, delivery=delivery)
        cap = cap_that_is_over(delivery=delivery, now=now)
        if cap is not None and not count_again(delivery=delivery, cap=cap):
            return False
        if message.ad_type in EXPORTS:
            done = export_delivery(message=message, delivery=delivery, export=export_for(message))
        else:
            done = bool(_dispatch(message, now))
    except DestinationBusyError:
        with_reconnect(POSTPONE_DELIVERY, {"delivery": delivery.pk, "seconds": PAUSE_HELD_UP})
        return True
    except Exception as error:
        if was_undone(error):
            # Not the delivery's failure: the task is run again.
            raise
        _record_failure(delivery, error)
        return True
    finish_deliveries(delivery_id=delivery.pk)
    return done


def _dispatch(message: Message, now: datetime) -> int:
    if message.ad_type == AdType.ISSUE_BULK_OFFER:
        return issue_offers_to_batch(message=message, now=now)
    channel = channel_for(message)
    settled = dispatch_batch(message=message, channel=channel)
    if message.delivery_id is not None and settled:
        values: Values = {
            "some": SOME_WAIT,
            "delivery": message.delivery_id,
            "destination": channel.destination,
        }
        with connection.cursor() as cursor:
            cursor.execute(RECORD_SUCCESS, values)
    return settled


def _record_failure(delivery: Delivery, error: Exception) -> None:
    expected = isinstance(error, DeliveryFailedError)
    if not expected:
        log.error("delivery_failed", delivery=delivery.pk, exc_info=error)
    sentence = str(error) if expected else describe_internal_error(error)
    is_lasting = isinstance(error, DeliveryFailedError) and error.is_lasting
    values: Values = {
        "error": sentence.replace("\x00", ""),
        "lasting": is_lasting,
        "most": MOST_FAILURES,
        "longest": LONGEST_PAUSE,
        "asked": _asked(error),
        "delivery": delivery.pk,
    }
    with_reconnect(RECORD_FAILURE, values)


def _asked(error: Exception) -> float:
    """The seconds that the destination asks to wait; 0 if it doesn't."""
    return (error.retry_after or 0.0) if isinstance(error, DeliveryFailedError) else 0.0


def _deliver_triggered(creative_id: int, now: datetime) -> bool:
    message = get_message(creative_id=creative_id, delivery=None)
    if message.ad_type in EXPORTS or sends_nothing(message.ad_type):
        defer_or_skip(creative_id=creative_id, state="skipped", error=f"{message.ad_type} is for whole audiences.")
        return True
    try:
        settled = _dispatch(message, now)
    except DestinationBusyError:
        settled = 0
    except Exception as error:
        if was_undone(error):
            raise
        expected = isinstance(error, DeliveryFailedError)
        if not expected:
            log.exception("triggered_message_failed", creative=creative_id)
        sentence = (str(error) if expected else describe_internal_error(error)).replace("\x00", "")[:LONGEST_ERROR]
        seconds = max(PAUSE_AFTER_FAILURE, _asked(error))
        if defer_or_skip(creative_id=creative_id, state="pending", error=sentence, seconds=seconds) == LARGEST_BITE:
            # There are more: don't fail another batch only to defer the next ten thousand.
            _slow[creative_id] = time.monotonic() + seconds
        return True
    if not settled:
        _slow[creative_id] = time.monotonic() + PAUSE_WITHOUT_TOKENS
    return bool(settled)


def _slow_creatives() -> list[int]:
    """The creatives whose destinations take nothing at the moment; their messages must not keep others waiting."""
    clock = time.monotonic()
    for creative_id in [creative_id for creative_id, until in _slow.items() if until <= clock]:
        del _slow[creative_id]
    return list(_slow)


def _is_repeatable(delivery_id: int | None, creative_id: int) -> bool:
    """Whether recipients of a crashed worker may be sent to again; False if that can't be found out."""
    delivery = None if delivery_id is None else Delivery.objects.get(pk=delivery_id)
    try:
        message = get_message(creative_id=creative_id, delivery=delivery)
        if message.ad_type == AdType.ISSUE_BULK_OFFER:
            return True
        return message.ad_type not in EXPORTS and channel_for(message).deduplicates
    except Exception as error:  # noqa: BLE001 - the error of one creative must not stop the others
        log.warning("doubtful_lease", creative=creative_id, reason=str(error))
        return False
