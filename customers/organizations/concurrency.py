"""Slots for expensive requests: an organization has a few at a time, across all processes and machines.

A slot is an advisory lock of its transaction, so it is released when that ends, even by a crash. It also takes one of
the process's own slots, of which there is one fewer than threads: however many organizations make expensive requests,
one thread is left for the others.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

from customers.errors import DomainError, too_many
from customers.models import Organization

# After about this many seconds one of these requests may have finished.
RETRY_AFTER_SECONDS = 2
# Takes the first free slot's lock, until the transaction ends; no row if none is free.
TAKE_SLOT = """
SELECT FROM generate_series(1, %s::int) slot
WHERE pg_try_advisory_xact_lock(hashtextextended(%s::text || slot, 0)) LIMIT 1
"""


class ProcessSlots:
    """The slots of one process, of which `taken` are in use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    @contextmanager
    def take(self, what: str) -> Iterator[None]:
        """Run the block in a free slot; DomainError `too_many_at_a_time` if there is none."""
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


_process_slots = ProcessSlots()


@contextmanager
def concurrency_slot(*, organization: Organization, what: str, most: int) -> Iterator[None]:
    """Run the block in a transaction, as one of at most `most` of the organization; DomainError `too_many_at_a_time`.

    `what` names this kind of request in the error and in the lock, such as "previews".
    """
    with _process_slots.take(what), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE_SLOT, [most, f"{what} of {organization.pk}, place "])
            if cursor.fetchone() is None:
                raise too_many_at_a_time(what, most)
        yield


def too_many_at_a_time(what: str, most: int) -> DomainError:
    """The error when all slots of an organization for `what` are taken."""
    sentence = f"An organization may have {most} {what} made at a time; try again in a moment."
    return too_many("too_many_at_a_time", sentence, retry_after=RETRY_AFTER_SECONDS)
