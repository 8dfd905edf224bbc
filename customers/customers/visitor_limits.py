"""What strangers with a public app-token may do in a minute (docs/decisions/0087).

Applications that have the REST platform alone speak for many visitors from one address: they have no such bounds.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from customers.addresses import network_of
from customers.applications.minute_counts import count_in_minute, seconds_left
from customers.customers.lookup import find_customer
from customers.errors import too_many
from customers.models import Organization
from customers.models.application import speaks_for_visitors


@dataclass(frozen=True)
class Stranger:
    """The client of one request, known by address. `counted` has the keys that were counted, so that a repeated request
    counts once.
    """

    address: str = ""
    counted: set[str] = field(default_factory=set)

    def count(self, key: str, now: datetime, by: int = 1) -> int:
        """Add `by` to the count of `key` in this minute and return it; 0 if this request was counted before."""
        if key in self.counted:
            return 0
        number = count_in_minute(key=key, now=now.timestamp(), by=by)
        self.counted.add(key)
        return number


def admit_visitor(
    *, organization: Organization, platforms: Sequence[str], customer_id: str | None, stranger: Stranger, now: datetime
) -> None:
    """Count a visitor of whom a customer would be made; None is always a new one.

    DomainError `too_many_new_visitors` past NEW_VISITORS_PER_MINUTE (0: no bound) of an address, in all organizations.
    """
    most: int = settings.NEW_VISITORS_PER_MINUTE
    if not most or speaks_for_visitors(platforms):
        return
    if customer_id is not None and find_customer(organization=organization, customer_id=customer_id) is not None:
        return
    if stranger.count(f"new visitors:{network_of(stranger.address)}", now) > most:
        raise too_many(
            "too_many_new_visitors",
            f"An address may bring {most} new visitors a minute.",
            retry_after=seconds_left(now),
        )


def admit_impressions(
    *, platforms: Sequence[str], customer: uuid.UUID, charged: int, stranger: Stranger, now: datetime
) -> None:
    """Count impressions that are `charged` before they are made; nothing is counted where none is.

    DomainError `too_many_impressions` past CHARGED_IMPRESSIONS_PER_MINUTE (0: no bound) of a customer.
    """
    most: int = settings.CHARGED_IMPRESSIONS_PER_MINUTE
    if not most or not charged or speaks_for_visitors(platforms):
        return
    if stranger.count(f"impressions:{customer}", now, charged) > most:
        sentence = f"A customer may be shown {most} banners and popups a minute that cost something."
        raise too_many("too_many_impressions", sentence, retry_after=seconds_left(now))
