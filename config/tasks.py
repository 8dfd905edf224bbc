"""Work that spans all apps, beside the requests."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from config.retention.bites import retire_all

# How long one message keeps a worker: the next one comes soon.
SECONDS = timedelta(seconds=5)


@shared_task(name="config.retire_old_rows")  # type: ignore[untyped-decorator]
def retire_old_rows() -> None:
    """Delete what is older than the settings say, some bites of each kind."""
    retire_all(until=timezone.now() + SECONDS)
