"""Beat: sends the periodic hints. It has no schedule file, because due work is in the database."""

import time
from typing import Any

import structlog
from celery.beat import Scheduler

from customers.jobs import MOST_WAITING, hints_waiting

# How soon a hint that could not be sent is tried again: while workers are busy, and while the broker is unreachable.
FULL_SECONDS, AWAY_SECONDS = 1.0, 5.0
TELL_SECONDS = 60.0

log = structlog.get_logger(__name__)


class PatientScheduler(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Sends no hint while more than a few wait; it stays due until workers have taken some.

    So a broker without workers, or with busy ones, doesn't fill up.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._tell_after = 0.0

    def is_due(self, entry: object) -> tuple[bool, float]:
        """Whether to send it now, and in how many seconds to check again."""
        is_due, again = super().is_due(entry)
        if not is_due:
            return False, again
        try:
            waiting = hints_waiting(self.app)
        except Exception as error:  # noqa: BLE001 - beat survives any error of the broker
            self._tell("broker_away", reason=f"{type(error).__name__}: {error}")
            return False, AWAY_SECONDS
        if waiting >= MOST_WAITING:
            self._tell("hints_wait_for_workers", waiting=waiting)
            return False, FULL_SECONDS
        return True, again

    def _tell(self, event: str, **facts: object) -> None:
        """Log it, at most once a minute."""
        if time.monotonic() >= self._tell_after:
            self._tell_after = time.monotonic() + TELL_SECONDS
            log.warning(event, **facts)
