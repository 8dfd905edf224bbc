"""Turns at what takes long: an organization has a few of them at a time, on however many processes and machines.

A turn is an advisory lock of its transaction, so it ends with that, whatever becomes of who had it. It takes one of
this process's places too, whoever's it is: fewer than the process has threads, so however many organizations ask for
what takes long, one thread answers the others.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
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


class Places:
    """The places of one process; `taken` of them are taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    @contextmanager
    def one(self, what: str) -> Iterator[None]:
        """Do the block in a place that is free; DomainError `too_many_at_a_time` where none is."""
        most = max(1, settings.WEB_THREADS - 1)
        with self._lock:
            if self.taken >= most:
                sentence = f"As many {what} are being made as there is room for; try again in a moment."
                raise too_many("too_many_at_a_time", sentence, retry_after=RETRY_AFTER_SECONDS)
            self.taken += 1
        try:
            yield
        finally:
            with self._lock:
                self.taken -= 1


_places = Places()


@contextmanager
def a_turn(*, organization: Organization, what: str, most: int) -> Iterator[None]:
    """Do the block, one transaction, as one of at most `most` of the organization's; DomainError `too_many_at_a_time`.

    The same error where this process has no place. `what` is its name in the error and in the lock, such as "previews".
    """
    with _places.one(what), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [most, f"{what} of {organization.pk}, place "])
            if cursor.fetchone() is None:
                raise too_many_at_a_time(what, most)
        yield


def too_many_at_a_time(what: str, most: int) -> DomainError:
    """All of an organization's turns at `what` are taken."""
    sentence = f"An organization may have {most} {what} made at a time; try again in a moment."
    return too_many("too_many_at_a_time", sentence, retry_after=RETRY_AFTER_SECONDS)
