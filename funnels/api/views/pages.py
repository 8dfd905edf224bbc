"""Banners and popups of a page (contract 3, Banners and Popups)."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from customers.errors import ErrorKind
from customers.models.identifier import as_uuid
from funnels.api.rendering import render_page
from funnels.api.serializers.page import SyncPageIn, SyncPageOut
from funnels.placements.sync_page import PageRequest, sync_page
from traces.wire.documentation import operation
from traces.wire.errors import STATUS_BY_KIND
from traces.wire.rendering import respond
from traces.wire.views import TraceView


class SyncPage(TraceView):
    """What a page or screen shows."""

    # Known clients begin a new trace after 410.
    status_by_kind = {**STATUS_BY_KIND, ErrorKind.CLOSED: 410}

    @operation("Get the banners and the popup of a page", request=SyncPageIn, answer=SyncPageOut)
    def post(self, _request: Request) -> HttpResponse:
        """Banners by placeholder and the popup, each with its tracking token."""
        members = self.read(SyncPageIn)
        request = PageRequest(
            app_token=as_uuid(members["app_token"]),
            trail_id=as_uuid(members["trail_id"]),
            customer_id=members["customer_id"],
            page_location=members["page_location"] or "",
            wants_popup=bool(members["sync_popups"]),
            placeholders=members["placeholders"] or [],
            stranger=self.stranger,
        )
        page = sync_page(request=request, now=timezone.now())
        return self.run_after_response(
            respond(render_page(page, self.response_format), self.response_format), page.after_response
        )
