"""The trace dialect's base view: bodies, answers and errors in EDN and JSON."""

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from customers.addresses import client_address
from customers.customers.visitor_limits import Stranger
from customers.errors import DomainError, ErrorKind, body_too_large
from customers.models.identifier import as_uuid
from customers.strict_json import JSONError, holds_nul, read_json
from customers.transactions import is_unavailable, log_unavailable, repeating
from traces.wire.cors import add_cors_headers
from traces.wire.edn import EdnError
from traces.wire.edn import read as read_edn
from traces.wire.errors import (
    STATUS_BY_KIND,
    domain_error_response,
    fault_response,
    method_not_allowed_response,
    unavailable_response,
)
from traces.wire.members import RequestBody, read_members, without_namespace
from traces.wire.negotiation import Format, negotiate_format, parse_content_type
from traces.wire.plain import plain
from traces.wire.rendering import render

log = structlog.get_logger(__name__)


class TraceView(APIView):
    """What every endpoint of the trace dialect shares.

    DRF documents the endpoint (`/schema/`) and its fields validate members. `dispatch` leaves out DRF's request cycle
    (parsers, renderers, authenticators): nothing here needs it, and it would double the cost of a request.
    """

    http_method_names: list[str] = ["post"]
    status_by_kind: Mapping[ErrorKind, int] = STATUS_BY_KIND
    request_format = response_format = Format.EDN
    # The body, once it has been read.
    document: Mapping[str, Any] = MappingProxyType({})

    @cached_property
    def stranger(self) -> Stranger:
        """The caller as far as the address tells, for the limits of visitors whom nobody vouches for."""
        return Stranger(client_address(self.request.META))

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Handle the request; add CORS headers if a page of another origin sent it."""
        origin = request.META.get("HTTP_ORIGIN", "")
        if not origin:
            return self.handle(request, *args, **kwargs)
        is_preflight = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
        if is_preflight:
            return add_cors_headers(HttpResponse(status=204), origin, named=None, methods=self.http_method_names)
        response = self.handle(request, *args, **kwargs)
        try:
            named = self.named_application()
        except Error as error:
            if not is_unavailable(error):
                raise
            named = None
        return add_cors_headers(response, origin, named=named, methods=())

    def handle(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Negotiate both formats, then answer; errors have the dialect's shape and the negotiated format.

        A transaction that PostgreSQL rolls back (a deadlock, say) is repeated.
        """
        try:
            self.negotiate(request)
            if request.method != "POST":
                return method_not_allowed_response(request, self.http_method_names)
            post: Callable[..., HttpResponse] = self.post  # type: ignore[attr-defined]  # each endpoint's
            response = repeating(post)(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - every error gets an answer
            return self.handle_error(request, error)
        return response

    def named_application(self) -> UUID | None:
        """The app-token of the application that the request names, directly or by a visit of it; None if it names
        none.
        """
        tokens = [value for name, value in self.document.items() if without_namespace(name) == "app-token"]
        return as_uuid(str(tokens[0])) if tokens else None

    def negotiate(self, request: HttpRequest) -> None:
        """Find both formats; DomainError `unsupported_media_type` or `not_acceptable`."""
        self.request_format = parse_content_type(request.META.get("CONTENT_TYPE", ""))
        response_format = negotiate_format(request.META.get("HTTP_ACCEPT", ""), self.request_format)
        if response_format is None:
            raise DomainError(
                ErrorKind.NO_COMMON_FORMAT, "not_acceptable", "Answers are application/edn or application/json."
            )
        self.response_format = response_format

    def handle_error(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """The error in the dialect's shape; an unexpected one is logged."""
        if isinstance(error, EdnError | JSONError):
            error = DomainError(ErrorKind.UNREADABLE, "malformed_body", f"The body can't be read: {error}.")
        if isinstance(error, RequestDataTooBig):
            error = body_too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if isinstance(error, DomainError):
            return domain_error_response(request, error, self.status_by_kind)
        if is_unavailable(error):
            log_unavailable(error, request.path)
            return unavailable_response(request)
        log.error("unexpected_fault", path=request.path, exc_info=error)
        return fault_response(request)

    def body(self) -> dict[str, Any]:
        """The request's map as plain Python values; DomainError `malformed_body` if it is none."""
        raw: bytes = self.request.body
        document = read_json(raw) if self.request_format == Format.JSON else plain(read_edn(raw))
        if not isinstance(document, dict):
            raise DomainError(ErrorKind.UNREADABLE, "malformed_body", "The body must be a map.")
        # A NUL can only come from an escape.
        if b"u0000" in raw and holds_nul(document):
            raise DomainError(ErrorKind.UNREADABLE, "malformed_body", "The character NUL can't be kept.")
        self.document = document
        return document

    def read(self, kind: type[RequestBody]) -> dict[str, Any]:
        """The validated members of the body that `kind` declares; see `read_members`."""
        return read_members(kind, self.body())

    def answer(self, **members: Any) -> HttpResponse:
        """200 with these members; their names are kebab-case on the wire."""
        return render({name.replace("_", "-"): value for name, value in members.items()}, self.response_format)

    def run_after_response(self, response: HttpResponse, work: Callable[[], None] | None) -> HttpResponse:
        """Have `work` run once the response has been sent, when the web server closes it."""
        if work is not None:
            response._resource_closers.append(work)  # type: ignore[attr-defined]  # noqa: SLF001 - Django's own list
        return response
