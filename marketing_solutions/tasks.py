"""Work of the marketing solutions dialect that runs beside the requests."""

from celery import shared_task

from marketing_solutions.idempotency import clear_stored_responses


@shared_task(name="marketing_solutions.clear_stored_responses")  # type: ignore[untyped-decorator]  # Celery has no types
def clear_old_responses() -> None:
    """Delete the answers to idempotency keys that are older than a day."""
    clear_stored_responses()
