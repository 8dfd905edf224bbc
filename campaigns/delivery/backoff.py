"""Ends the backoff of recipients and deliveries, after an operator resumed a delivery or changed a destination.

A destination may ask for a pause of an hour; an operator who has corrected the cause needn't wait for that.
"""

from collections.abc import Sequence

from django.db import connection

from campaigns.delivery.channels.registry import creatives_of
from campaigns.models import AdUnit, Delivery, Destination
from campaigns.models.delivery import DeliveryState
from customers.jobs import enqueue
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# The recipients with the longest backoff. More than a minute is only asked for by a destination, of one or a few
# recipients of each batch. Those that are locked are being worked on; locks are not waited for.
MOST_AT_ONCE = 10_000
END_RECIPIENT_BACKOFF = SQL("end_recipient_backoff", most_at_once=MOST_AT_ONCE)
OF_DELIVERIES = "recipient.delivery_id = ANY(%s::bigint[])"
OF_CREATIVES = "recipient.delivery_id IS NULL AND recipient.creative_id = ANY(%s::bigint[])"
END_DELIVERY_BACKOFF = SQL("end_delivery_backoff")


def end_backoff_of_delivery(delivery_id: int) -> None:
    """Make the waiting recipients of a locked delivery due, in the caller's transaction."""
    _end(OF_DELIVERIES, [delivery_id])
    enqueue("campaigns.maintain_deliveries")


def end_backoff_for_destination(destination: Destination) -> None:
    """Make due what waits for the organization's default destination, in the caller's transaction.

    That is deliveries and triggered messages; what an operator has paused stays paused.
    """
    creatives = AdUnit.objects.filter(creatives_of(destination.kind), organization_id=destination.organization_id)
    states = [DeliveryState.DELIVERING, DeliveryState.PAUSED, DeliveryState.BUILT]
    deliveries = Delivery.objects.filter(
        organization_id=destination.organization_id,
        state__in=states,
        creative__in=creatives,
        delivering_at__isnull=False,
    )
    delivery_ids: list[int] = list(deliveries.order_by("id").values_list("id", flat=True))
    _end(OF_DELIVERIES, delivery_ids)
    _end(OF_CREATIVES, list(creatives.filter(delivery_method="triggered").values_list("id", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute(END_DELIVERY_BACKOFF, [delivery_ids])
    enqueue("campaigns.maintain_deliveries")


def _end(whose: str, ids: Sequence[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(END_RECIPIENT_BACKOFF.format(whose=whose), [list(ids)])
