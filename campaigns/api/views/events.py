"""Events (contract 4, "sending events"): what customers did, reported by their application."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import ErrorOut
from campaigns.api.errors import code_of, sentence_of
from campaigns.api.serializers.event import SINGLE, EventOut, EventsIn, RefusedEventOut, read_events
from campaigns.behaviors.events import Recorded
from campaigns.behaviors.ingestion import ReportedEvent, ingest_events
from customers.errors import DomainError

ANSWER = inline_serializer(
    "EventsAnswer",
    {
        "status": serializers.CharField(help_text="`ok`"),
        "events": EventOut(many=True),
        "errors": RefusedEventOut(many=True),
    },
)


class Events(ManagementView):
    """Events of the organization's customers."""

    @extend_schema(
        summary="Send events",
        tags=["management"],
        request=EventsIn,
        responses={
            200: PolymorphicProxySerializer("EventsAnswerOrError", [ANSWER, ErrorOut], resource_type_field_name=None),
            **dict.fromkeys((400, 401, 404, 405, 413), ErrorOut),
        },
    )
    def post(self, _request: Request, **_: object) -> HttpResponse:
        """Keep an event or a batch; of a batch each event succeeds or fails on its own."""
        body, now = self.body(), timezone.now()
        reports = read_events(body, now)
        results = ingest_events(application=self.application, reports=reports, now=now)
        if SINGLE in body and isinstance(results[0], DomainError):
            raise results[0]
        events = [
            _recorded(index, reports[index], one) for index, one in enumerate(results) if isinstance(one, Recorded)
        ]
        errors = [
            {"index": index, "code": code_of(one), "message": sentence_of(one)}
            for index, one in enumerate(results)
            if isinstance(one, DomainError)
        ]
        return self.answer(events=events, errors=errors)


def _recorded(index: int, report: ReportedEvent | DomainError, recorded: Recorded) -> dict[str, object]:
    return {
        "index": index,
        "event_id": report.event_id if isinstance(report, ReportedEvent) else None,
        "duplicate": recorded.is_duplicate,
        "earned": [{"behavior_id": key, "times": times} for key, times in recorded.earned.items()],
    }
