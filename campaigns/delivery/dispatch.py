"""Sends one batch of recipients through a channel, and records the outcomes."""

import time
from functools import partial

import structlog

from campaigns.delivery.bulkhead import DestinationBusyError, has_capacity, occupying
from campaigns.delivery.channels.base import (
    STOPPED,
    Channel,
    ClaimedRecipient,
    DeliveryFailedError,
    Message,
    Outcome,
    Result,
    Wanted,
)
from campaigns.delivery.channels.failure_messages import describe_internal_error, describe_unavailable
from campaigns.delivery.channels.registry import CONSENTS
from campaigns.delivery.leases import Heartbeat
from campaigns.delivery.rate_limit import take_tokens
from campaigns.delivery.recipients.claim import ClaimedRecipients, claim_recipients, renewing_leases
from campaigns.delivery.recipients.settle import settle_recipients
from campaigns.models.ad_type import AdType

# How long a batch should take, because a delivery is paused or cancelled between batches; and after how long no further
# recipient of it is begun.
BATCH_SECONDS, LONGEST_BATCH_SECONDS = 1.0, 5.0
FIRST_BATCH = 20

log = structlog.get_logger(__name__)
# Recipients per second of the last batch, by organization and destination, in this process.
_pace: dict[tuple[int, str], float] = {}


def dispatch_batch(*, message: Message, channel: Channel) -> int:
    """Send the next batch of a message, within the rate of its destination; how many recipients were settled.

    Outcomes are written under the lease that was taken before sending. A crash in between leaves leased rows:
    `expire_leases` makes them ambiguous, or pending if the destination deduplicates. DeliveryFailedError if no
    recipient could be reached: that is the destination's failure, and costs no recipient an attempt.
    DestinationBusyError if the destination holds up other batches already.
    """
    whose = (message.organization_id, channel.destination)
    if not has_capacity(whose):
        raise DestinationBusyError
    allowed = take_tokens(
        organization_id=message.organization_id,
        destination=channel.destination,
        rate=channel.rate,
        wanted=_batch_size(message, channel),
    )
    if not allowed:
        return 0
    claimed = _claim(message, channel, allowed)
    if claimed.recipients:
        with renewing_leases(claimed) as heartbeat, occupying(whose):
            wanted = partial(_is_wanted, heartbeat, time.monotonic() + LONGEST_BATCH_SECONDS)
            results = _send(message, channel, claimed.recipients, wanted)
        settle_recipients(claimed=claimed, results=results, deduplicates=channel.deduplicates)
        _refuse_silence(results)
    return len(claimed.recipients) + claimed.left_out


def _claim(message: Message, channel: Channel, limit: int) -> ClaimedRecipients:
    return claim_recipients(
        delivery_id=message.delivery_id,
        creative_id=message.creative_id,
        limit=limit,
        destination=channel.destination,
        consent=CONSENTS.get(message.creative_type),
        with_tokens=message.ad_type == AdType.PUSH_MESSAGE,
    )


def _is_wanted(heartbeat: Heartbeat, until: float) -> bool:
    return not heartbeat.is_unwanted and time.monotonic() < until


def _refuse_silence(results: list[Result]) -> None:
    outcomes = {each.outcome for each in results if each.error != STOPPED}
    if Outcome.LATER in outcomes and outcomes <= {Outcome.LATER, Outcome.RETRY, Outcome.UNKNOWN}:
        # Recipients that were tried tell the reason; the others were not tried because of them.
        tried = [each for each in results if each.error != STOPPED]
        told = max(tried, key=lambda each: (each.retry_after or 0.0, each.outcome is not Outcome.LATER))
        raise DeliveryFailedError(describe_unavailable("The destination", told.error), retry_after=told.retry_after)


def _batch_size(message: Message, channel: Channel) -> int:
    pace = _pace.get((message.organization_id, channel.destination))
    wanted = FIRST_BATCH if pace is None else int(pace * BATCH_SECONDS)
    return max(1, min(channel.batch_size, wanted))


def _send(message: Message, channel: Channel, recipients: tuple[ClaimedRecipient, ...], wanted: Wanted) -> list[Result]:
    """If the channel raises, some messages may have been sent: every outcome is UNKNOWN."""
    began = time.monotonic()
    try:
        return channel.send(message, recipients, wanted)
    except Exception as error:
        log.exception("channel_failed", destination=channel.destination, creative=message.creative_id)
        return [Result(each.key, Outcome.UNKNOWN, error=describe_internal_error(error)) for each in recipients]
    finally:
        seconds = max(time.monotonic() - began, 0.001)
        _pace[message.organization_id, channel.destination] = len(recipients) / seconds
