"""Work of the customers app that runs beside the requests."""

import time
from importlib import import_module

from celery import shared_task
from django.conf import settings

from customers.applications.minute_counts import clear_minute_counts
from customers.schema import indexes
from customers.schema.uses import clear_retired_field

# How long one message keeps a worker.
SECONDS = 5.0


@shared_task(name="customers.clear_expired_sessions")  # type: ignore[untyped-decorator]
def clear_expired_sessions() -> None:
    """Delete the admin's sessions that have ended: Django only stops honouring them."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task(name="customers.maintain_field_indexes")  # type: ignore[untyped-decorator]
def maintain_field_indexes() -> None:
    """Make the indexes of targetable fields, and drop those of fields that are so no more."""
    indexes.maintain_field_indexes()


@shared_task(name="customers.clear_minute_counts")  # type: ignore[untyped-decorator]
def clear_counts() -> None:
    """Delete counts of minutes that are over."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and clear_minute_counts():
        pass


@shared_task(name="customers.clear_retired_fields")  # type: ignore[untyped-decorator]
def clear_retired_fields() -> None:
    """Take the values of deleted fields from customers, a few thousand customers a transaction, for some seconds."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and clear_retired_field():
        pass
