"""The trace dialect's base view: bodies, answers and errors in EDN and JSON."""

from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from customers.errors import DomainError, Kind
from customers.models import Application
from customers.prisma.edn import EdnError
from customers.prisma.edn import read as read_edn
from customers.prisma.errors import domain_error_response, fault_response, framework_error_response
from customers.prisma.json_reader import JSONError, read_json
from customers.prisma.negotiation import Format, answer_format, request_format
from customers.prisma.plain import plain
from customers.prisma.rendering import render
from customers.queries.applications import get_application_by_token

log = structlog.get_logger(__name__)


class PrismaView(APIView):
    """What every endpoint of the trace dialect shares."""

    authentication_classes: Any = []
    http_method_names: list[str] = ["post"]
    asked_in = answered_in = Format.EDN

    def initial(self, request: Request, *_: Any, **__: Any) -> None:
        """Settle both formats before anything else."""
        self.asked_in = request_format(request.META.get("CONTENT_TYPE", ""))
        answered_in = answer_format(request.META.get("HTTP_ACCEPT", ""), self.asked_in)
        if answered_in is None:
            raise DomainError(Kind.NOT_ACCEPTABLE, "not_acceptable", "Answers are application/edn or application/json.")
        self.answered_in = answered_in

    def handle_exception(self, error: Exception) -> HttpResponse:  # type: ignore[override]
        """Every error in the dialect's own shape and the negotiated format."""
        request = self.request._request  # noqa: SLF001
        if isinstance(error, EdnError | JSONError):
            error = DomainError(Kind.MALFORMED, "malformed_body", f"The body can't be read: {error}.")
        if isinstance(error, RequestDataTooBig):
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            error = DomainError(Kind.TOO_LARGE, "body_too_large", f"A body may have {limit} bytes.")
        if isinstance(error, DomainError):
            return domain_error_response(request, error)
        if isinstance(error, APIException):
            return framework_error_response(request, error)
        log.error("unexpected_fault", path=request.path, exc_info=error)
        return fault_response(request)

    def body(self) -> dict[str, Any]:
        """The request's map, in plain terms; DomainError `malformed_body` for anything else."""
        raw: bytes = self.request.body
        document = read_json(raw) if self.asked_in == Format.JSON else plain(read_edn(raw))
        if not isinstance(document, dict):
            raise DomainError(Kind.MALFORMED, "malformed_body", "The body must be a map.")
        return document

    def read(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The members that `kind` knows, checked; unknown ones are ignored (known clients send some).

        Names lose their namespace and are snake_case here: `:placeholder/name` is `name`, `app-token` `app_token`.
        DomainError `invalid_body` names every offending member.
        """
        members = {name.rpartition("/")[2].replace("-", "_"): value for name, value in self.body().items()}
        serializer = kind(data=members)
        if serializer.is_valid():
            return dict(serializer.validated_data)
        fields = {
            name.replace("_", "-"): [str(sentence) for sentence in sentences]
            for name, sentences in serializer.errors.items()
        }
        raise DomainError(Kind.INVALID, "invalid_body", "The body has wrong members.", fields=fields)

    def application(self, token: str | None) -> Application:
        """The application of an app-token; that of DEFAULT_APP_TOKEN where the request has none."""
        token = token or settings.DEFAULT_APP_TOKEN
        if not token:
            raise DomainError(Kind.MISSING, "missing_app_token", "app-token is required.")
        return get_application_by_token(token=token)

    def answer(self, **members: Any) -> HttpResponse:
        """200 with these members; their names are kebab-case on the wire."""
        return render({name.replace("_", "-"): value for name, value in members.items()}, self.answered_in)
