"""A batch of events one by one: the product's own way for a single event, again and again."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from campaigns.api.base import ManagementView
from campaigns.api.serializers.event import read_events
from campaigns.services.told_events import tell_events


class NaiveEvents(ManagementView):
    """Every event in a transaction of its own; the body is read and the caller authenticated only once."""

    def post(self, _request: Any, **_: object) -> HttpResponse:
        """As many answers as there are events."""
        now = timezone.now()
        outcomes = [
            tell_events(application=self.application, told=[one], now=now) for one in read_events(self.body(), now)
        ]
        return self.answer(events=[{"index": index} for index, _ in enumerate(outcomes)])
