"""An application's requests of a minute, and how many it has left."""

from dataclasses import dataclass

from django.conf import settings

from customers.applications.minute_counts import count_in_minute, end_of_minute
from customers.models import Application


@dataclass(frozen=True)
class Quota:
    """What an application has left of this minute; `reset` is its end in seconds since 1970."""

    limit: int
    requests: int
    reset: int

    @property
    def remaining(self) -> int:
        """How many requests are still answered."""
        return max(0, self.limit - self.requests)

    @property
    def is_exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.requests > self.limit


def count_request(*, application: Application, now: float) -> Quota | None:
    """Count one request at `now` (seconds since 1970); None where the limit is switched off."""
    limit: int = settings.REQUESTS_PER_MINUTE
    if not limit:
        return None
    return Quota(limit, count_in_minute(key=f"requests:{application.api_key}", now=now), end_of_minute(now))
