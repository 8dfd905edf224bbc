"""Business events (contract 3, Business Events)."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from funnels.api.serializers.business_event import BusinessEventIn, BusinessEventOut
from funnels.business_events.trigger import ReportedEvent, trigger_campaign
from traces.wire.documentation import operation
from traces.wire.rendering import render
from traces.wire.views import TraceView


class BusinessEvents(TraceView):
    """Tell a business event."""

    @operation("Tell a business event", request=BusinessEventIn, answer=BusinessEventOut, status=202)
    def post(self, _request: Request) -> HttpResponse:
        """202 with the campaign that was triggered."""
        members = self.read(BusinessEventIn)
        reported = ReportedEvent(
            app_token=members["app_token"],
            name=members["event_name"],
            customer=members["customer_id"],
            context=members["context"] or {},
            restarts_funnel=bool(members["force_funnel_restart?"]),
            event_id=members["event_id"],
        )
        triggered = trigger_campaign(reported=reported, now=timezone.now())
        answer = {
            "campaign": triggered.campaign,
            "campaign-id": triggered.campaign_id,
            "trace-id": str(triggered.trace_id),
            "trail-id": str(triggered.trail_id),
            "tracking-token": triggered.token,
            "customer-id": triggered.customer_id,
        }
        return self.run_after_response(render(answer, self.response_format, status=202), triggered.after_response)
