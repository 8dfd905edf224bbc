"""Handing one batch of recipients to a channel, and writing down what became of each."""

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

# A batch should take about so long, for between two of them a delivery is paused or cancelled; and after so long nobody
# else of it is begun with.
BATCH_SECONDS, LONGEST_BATCH_SECONDS = 1.0, 5.0
FIRST_BATCH = 20

log = structlog.get_logger(__name__)
# Recipients a second, by organization and destination, as this process has seen them last.
_pace: dict[tuple[int, str], float] = {}


def dispatch_batch(*, message: Message, channel: Channel) -> int:
    """Send the next batch of a message, as fast as its destination may be fed; how many recipients that settled.

    What is written after the sending is written under the lease that was claimed before it. A crash in between leaves
    leased rows behind: `expire_leases` makes them ambiguous, or has them sent again where the other side deduplicates.
    DeliveryFailedError where nobody at all could be reached: that is the destination's trouble, and costs no recipient
    an attempt. DestinationBusyError where the destination keeps others waiting already.
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
        # Who was asked to wait says so; of the others some were not even tried, because of those that were.
        tried = [each for each in results if each.error != STOPPED]
        told = max(tried, key=lambda each: (each.retry_after or 0.0, each.outcome is not Outcome.LATER))
        raise DeliveryFailedError(describe_unavailable("The destination", told.error), retry_after=told.retry_after)


def _batch_size(message: Message, channel: Channel) -> int:
    pace = _pace.get((message.organization_id, channel.destination))
    wanted = FIRST_BATCH if pace is None else int(pace * BATCH_SECONDS)
    return max(1, min(channel.batch_size, wanted))


def _send(message: Message, channel: Channel, recipients: tuple[ClaimedRecipient, ...], wanted: Wanted) -> list[Result]:
    """A channel that breaks has perhaps sent some of it: nothing is known of any."""
    began = time.monotonic()
    try:
        return channel.send(message, recipients, wanted)
    except Exception as error:
        log.exception("channel_failed", destination=channel.destination, creative=message.creative_id)
        return [Result(each.key, Outcome.UNKNOWN, error=describe_internal_error(error)) for each in recipients]
    finally:
        seconds = max(time.monotonic() - began, 0.001)
        _pace[message.organization_id, channel.destination] = len(recipients) / seconds
