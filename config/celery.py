"""The Celery application: its messages are hints only; the work itself is rows in the database."""

from functools import partial
from typing import Any

from celery import Celery, Task

from customers.bounds import Work, begin
from customers.transactions import repeated


class RepeatedTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task that is repeated if PostgreSQL rolls it back; all our tasks are idempotent."""

    abstract = True

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """Run it."""
        begin(Work.WORKER)
        return repeated(partial(super().__call__, *args, **kwargs), whole=True)


app = Celery("campaign-platform", task_cls=RepeatedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
