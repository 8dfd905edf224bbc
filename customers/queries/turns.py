"""Turns at what takes long: an organization has a few of them at a time, on however many processes and machines.

A turn is an advisory lock of its transaction, so it ends with that, whatever becomes of who had it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from customers.errors import DomainError, too_many
from customers.models import Organization

# What lasts so long is worth asking for again after about this many seconds.
RETRY_AFTER_SECONDS = 2
# The first place that is free; no further one is tried.
TAKE = """
SELECT FROM generate_series(1, %s::int) place
WHERE pg_try_advisory_xact_lock(hashtextextended(%s::text || place, 0)) LIMIT 1
"""


@contextmanager
def a_turn(*, organization: Organization, what: str, most: int) -> Iterator[None]:
    """Do the block, one transaction, as one of at most `most` of the organization's; DomainError `too_many_at_a_time`.

    `what` is its name in the error and in the lock, such as "previews".
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [most, f"{what} of {organization.pk}, place "])
            if cursor.fetchone() is None:
                raise too_many_at_a_time(what, most)
        yield


def too_many_at_a_time(what: str, most: int) -> DomainError:
    """All of an organization's turns at `what` are taken."""
    sentence = f"An organization may have {most} {what} made at a time; try again in a moment."
    return too_many("too_many_at_a_time", sentence, retry_after=RETRY_AFTER_SECONDS)
