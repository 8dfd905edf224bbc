"""Banners and popups of a page (contract 3, Banners and Popups)."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from customers.applications.applications import get_application_by_token
from customers.errors import DomainError, ErrorKind
from customers.models.application import Platform
from customers.models.identifier import as_uuid
from funnels.api.rendering import render_page
from funnels.api.serializers.page import SyncPageIn, SyncPageOut
from funnels.placements.sync_page import PageRequest, sync_page
from traces.wire.documentation import operation
from traces.wire.errors import STATUS_BY_KIND
from traces.wire.rendering import respond
from traces.wire.views import TraceView

# Native clients begin a new trace after 410; servers read the code of a 400 (contract 5, section A).
OF_NATIVE_CLIENTS = {**STATUS_BY_KIND, ErrorKind.CLOSED: 410}


class SyncPage(TraceView):
    """What a page or screen shows."""

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
        try:
            page = sync_page(request=request, now=timezone.now())
        except DomainError as error:
            if error.kind is ErrorKind.CLOSED and not _is_called_by_servers(request):
                self.status_by_kind = OF_NATIVE_CLIENTS
            raise
        return self.run_after_response(
            respond(render_page(page, self.response_format), self.response_format), page.after_response
        )


def _is_called_by_servers(request: PageRequest) -> bool:
    """Whether the application that asks has the REST platform."""
    return Platform.REST in get_application_by_token(token=str(request.app_token)).platforms
