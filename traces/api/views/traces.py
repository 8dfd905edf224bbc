"""Traces, trails and actions (contract 3: Trace, Visits, Activity, Conversion and No interest)."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from customers.errors import DomainError, ErrorKind
from customers.models.identifier import as_uuid
from traces.actions import Activity, record_action
from traces.api.serializers.traces import ActionIn, ActionOut, TraceIn, TraceOut, TrailIn, TrailOut
from traces.models.action import ActionType
from traces.page_owners import app_token_of_trace, app_token_of_trail
from traces.traces import TraceRequest, start_trace
from traces.trails import add_trail
from traces.wire.documentation import operation
from traces.wire.views import TraceView


class Traces(TraceView):
    """Start a trace."""

    def named_application(self) -> UUID | None:
        """The default application for a request that names none."""
        return super().named_application() or as_uuid(settings.DEFAULT_APP_TOKEN)

    @operation("Start a trace", request=TraceIn, answer=TraceOut)
    def post(self, _request: HttpRequest) -> HttpResponse:
        """A trace for the customer of an id, or for a new anonymous one."""
        members = self.read(TraceIn)
        wanted = TraceRequest(
            app_token=_app_token(members["app_token"]),
            customer_id=members["customer_id"],
            customer_token=members["customer_token"] or None,
            is_by_default=not members["app_token"],
            stranger=self.stranger,
        )
        trace = start_trace(request=wanted, now=timezone.now())
        return self.answer(trace_id=str(trace.trace_id), customer_id=trace.customer_id)


class Trails(TraceView):
    """Add a visit to a trace."""

    def named_application(self) -> UUID | None:
        """That of the trace."""
        return app_token_of_trace(trace_id=as_uuid(self.kwargs["trace_id"]))

    @operation("Add a visit to a trace", request=TrailIn, answer=TrailOut)
    def post(self, _request: HttpRequest, trace_id: str) -> HttpResponse:
        """A visit through a channel."""
        members = self.read(TrailIn)
        trail_id = add_trail(
            trace_id=as_uuid(trace_id),
            language=members["language"] or "",
            platform=members["platform"] or "",
            channel=members["channel"],
        )
        return self.answer(trail_id=str(trail_id))


class Actions(TraceView):
    """Add an activity to a visit."""

    def named_application(self) -> UUID | None:
        """That of the visit's trace."""
        return app_token_of_trail(trail_id=as_uuid(self.kwargs["trail_id"]))

    @operation("Add an activity to a visit", request=ActionIn, answer=ActionOut)
    def post(self, _request: HttpRequest, trail_id: str) -> HttpResponse:
        """An activity; a conversion or dismissal closes the trace."""
        members = self.read(ActionIn)
        activity = Activity(members["name"], ActionType(members["type"]), members["data"] or [])
        action_id = record_action(trail_id=as_uuid(trail_id), activity=activity, now=timezone.now())
        return self.answer(action_id=str(action_id))


def _app_token(token: str | None) -> str:
    """The request's app-token, or the setting DEFAULT_APP_TOKEN where it has none."""
    token = token or settings.DEFAULT_APP_TOKEN
    if not token:
        raise DomainError(ErrorKind.MISSING, "missing_app_token", "app-token is required.")
    return token
