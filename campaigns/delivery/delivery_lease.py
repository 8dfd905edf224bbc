"""The lease of a whole delivery, for what only one worker may do: follow merges, count again, export a file."""

from dataclasses import dataclass

from django.db import connection

from campaigns.delivery.leases import Heartbeat, lease_seconds, new_lease_token, with_reconnect
from campaigns.models.delivery import DeliveryState
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

CLAIM_DELIVERY = SQL("claim_delivery")
RENEW_DELIVERY_LEASE = SQL("renew_delivery_lease")
RELEASE_DELIVERY = SQL("release_delivery")


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """A delivery that this worker has leased; `has_file`: its export is complete already."""

    delivery_id: int
    token: int
    has_file: bool = False

    def heartbeat(self, state: DeliveryState) -> Heartbeat:
        """What extends the lease during a block, as long as the delivery is in that state."""
        values = {"delivery": self.delivery_id, "lease_token": self.token, "seconds": lease_seconds()}
        return Heartbeat(RENEW_DELIVERY_LEASE, {**values, "state": state.value})

    def release(self, *, pause: float | None = None) -> None:
        """End the lease; nobody gets the next one for `pause` seconds."""
        with_reconnect(RELEASE_DELIVERY, {"delivery": self.delivery_id, "lease_token": self.token, "pause": pause})


def claim_delivery(delivery_id: int) -> DeliveryLease | None:
    """Lease a delivering delivery; None if another worker has it, or if it is delivering no more."""
    token = new_lease_token()
    values = {"delivery": delivery_id, "lease_token": token, "seconds": lease_seconds()}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_DELIVERY, values)
        row = cursor.fetchone()
    return None if row is None else DeliveryLease(delivery_id, token, has_file=row[0])
