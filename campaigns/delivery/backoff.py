"""What waits for a destination goes on at once: an operator has resumed it, or has changed where it goes.

A destination may ask to be left alone for an hour; whoever has put right what was wrong with it needn't wait for that.
"""

from collections.abc import Sequence

from django.db import connection

from campaigns.delivery.channels.registry import creatives_of
from campaigns.models import AdUnit, Delivery, Destination
from campaigns.models.delivery import DeliveryState
from customers.jobs import enqueue
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# Those who wait longest; more than a minute only a destination's word has somebody wait, and then each worker asks for
# one or a few of a batch. Who is locked is just being looked at, and nobody is waited for.
MOST_AT_ONCE = 10_000
END_RECIPIENT_BACKOFF = SQL("end_recipient_backoff", most_at_once=MOST_AT_ONCE)
OF_DELIVERIES = "recipient.delivery_id = ANY(%s::bigint[])"
OF_CREATIVES = "recipient.delivery_id IS NULL AND recipient.creative_id = ANY(%s::bigint[])"
END_DELIVERY_BACKOFF = SQL("end_delivery_backoff")


def end_backoff_of_delivery(delivery_id: int) -> None:
    """Have the recipients of a locked delivery that wait sent to at once, in the caller's transaction."""
    _end(OF_DELIVERIES, [delivery_id])
    enqueue("campaigns.maintain_deliveries")


def end_backoff_for_destination(destination: Destination) -> None:
    """Have what waits for the organization's default destination sent there at once, in the caller's transaction.

    Deliveries and triggered messages; what an operator has paused stays paused.
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
