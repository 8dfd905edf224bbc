"""Background tasks of the customers app."""

import time
from importlib import import_module

from celery import shared_task
from django.conf import settings

from customers.applications.minute_counts import clear_minute_counts
from customers.schema import indexes
from customers.schema.uses import clear_retired_field

# How long one run of a task may take.
SECONDS = 5.0


@shared_task(name="customers.clear_expired_sessions")  # type: ignore[untyped-decorator]  # Celery has no types
def clear_expired_sessions() -> None:
    """Delete the admin's expired sessions, which Django only ignores."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task(name="customers.maintain_field_indexes")  # type: ignore[untyped-decorator]  # Celery has no types
def maintain_field_indexes() -> None:
    """Create missing indexes of fields, and drop unwanted ones."""
    indexes.maintain_field_indexes()


@shared_task(name="customers.clear_minute_counts")  # type: ignore[untyped-decorator]  # Celery has no types
def clear_counts() -> None:
    """Delete counts of past minutes."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and clear_minute_counts():
        pass


@shared_task(name="customers.clear_retired_fields")  # type: ignore[untyped-decorator]  # Celery has no types
def clear_retired_fields() -> None:
    """Remove the values of deleted fields from customers, a few thousand customers a transaction, for some seconds."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and clear_retired_field():
        pass
