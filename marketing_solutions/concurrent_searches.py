"""Searches with large answers: an organization has a few of them sent at a time (docs/decisions/0088).

Such an answer is made page by page, each in whatever thread is free, while its client reads. So a turn is a row with an
end, not a lock of a session or a transaction: its lease is extended while pages are made, and is over by itself.
"""

import time
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from campaigns.delivery.leases import new_lease_token
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.organizations.concurrency import too_many_at_a_time

SQL = NamedSQL(__file__)

# The web server closes connections whose client reads nothing for UNREAD_ANSWER_SECONDS; until then the turn is kept.
LEAST_LEASE_SECONDS, UNREAD_ANSWERS = 60, 2
EXTENDED_AFTER_SECONDS = 15
TAKE_SEARCH_TURN = SQL("take_search_turn")
EXTEND_TURN = """
UPDATE marketing_solutions_searchturn SET ends_at = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND lease = %s
"""
LEAVE_TURN = "DELETE FROM marketing_solutions_searchturn WHERE id = %s AND lease = %s"


@dataclass(slots=True)
class Turn:
    """A turn that was taken: its row, and the lease that tells whether it still is this search's."""

    pk: int
    lease: int
    extend_at: float = field(default_factory=lambda: time.monotonic() + EXTENDED_AFTER_SECONDS)

    def extend(self) -> None:
        """Extend the lease, once a part of it is over."""
        if time.monotonic() >= self.extend_at:
            self.extend_at = time.monotonic() + EXTENDED_AFTER_SECONDS
            with connection.cursor() as cursor:
                cursor.execute(EXTEND_TURN, [lease_seconds(), self.pk, self.lease])

    def leave(self) -> None:
        """Release the turn."""
        with connection.cursor() as cursor:
            cursor.execute(LEAVE_TURN, [self.pk, self.lease])


def lease_seconds() -> int:
    """How long a lease lasts without being extended."""
    return max(LEAST_LEASE_SECONDS, UNREAD_ANSWERS * settings.UNREAD_ANSWER_SECONDS)


def take_search_turn(*, organization: Organization) -> Turn:
    """Take one of the organization's SEARCHES_AT_A_TIME turns; DomainError `too_many_at_a_time`."""
    most: int = settings.SEARCHES_AT_A_TIME
    lease = new_lease_token()
    with connection.cursor() as cursor:
        for place in range(1, most + 1):
            cursor.execute(TAKE_SEARCH_TURN, [organization.pk, place, lease, lease_seconds()])
            if row := cursor.fetchone():
                return Turn(row[0], lease)
    raise too_many_at_a_time("searches with large answers", most)
