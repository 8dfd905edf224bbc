"""Background tasks that span all apps."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from config.retention.deletion import retire_all

# How long one run may take; the next one comes soon.
SECONDS = timedelta(seconds=5)


@shared_task(name="config.retire_old_rows")  # type: ignore[untyped-decorator]  # Celery has no types
def retire_old_rows() -> None:
    """Delete rows that are older than the settings say, some batches of each kind."""
    retire_all(until=timezone.now() + SECONDS)
