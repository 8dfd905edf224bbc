"""The management dialect's base view: authentication, bodies, answers and errors of every endpoint."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from campaigns.api.authentication import ApplicationAuthentication
from campaigns.api.bodies import Attributes, read_changes, read_json_object, read_object
from campaigns.api.errors import (
    domain_error_response,
    error_response,
    fault_response,
    framework_error_response,
    unavailable_response,
)
from campaigns.api.fields import StrictSerializer
from campaigns.api.pages import Page
from customers.errors import DomainError
from customers.models import Application, Organization
from customers.transactions import is_unavailable, log_unavailable, repeat_method

log = structlog.get_logger(__name__)


class ManagementView(APIView):
    """What every endpoint below `/priv/` shares."""

    authentication_classes: Any = [ApplicationAuthentication]
    parser_classes: Any = [JSONParser]
    renderer_classes: Any = [JSONRenderer]
    http_method_names: list[str] = ["get", "head", "post", "put", "delete"]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Wrap the view's method so that it is repeated after a deadlock or serialization failure."""
        super().setup(request, *args, **kwargs)
        repeat_method(self, request.method)

    @property
    def allowed_methods(self) -> list[str]:
        """What the header Allow names: the same for every request."""
        kind: Any = type(self)
        return _allowed_methods(kind)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """DRF's request around Django's; what only looks at requests is shared by all of them."""
        kind: Any = type(self)
        return Request(request, **_request_parts(kind), parser_context=self.get_parser_context(request))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate; there is nothing to negotiate and no version to find."""
        self.perform_authentication(request)

    def handle_exception(self, error: Exception) -> HttpResponse:  # type: ignore[override]  # APIView sends any HttpResponse
        """Every error in the dialect's own shape."""
        if isinstance(error, DomainError):
            return domain_error_response(error)
        if isinstance(error, RequestDataTooBig):
            return error_response(413, "too_large", f"A body may have {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
        if isinstance(error, APIException):
            return framework_error_response(error)
        if is_unavailable(error):
            log_unavailable(error, self.request.path)
            return unavailable_response()
        log.error("unexpected_fault", path=self.request.path, exc_info=error)
        return fault_response()

    @property
    def application(self) -> Application:
        """The calling application."""
        application: Application = self.request.user  # type: ignore[assignment]  # what our authentication puts there
        return application

    @property
    def organization(self) -> Organization:
        """The calling application's organization."""
        return self.application.organization

    def body(self) -> Attributes:
        """The request's JSON object."""
        return read_json_object(self.request.body)

    def object_of(self, kind: type[StrictSerializer], wrapper: str, *, partial: bool = False) -> Attributes:
        """The request's object under `wrapper`, checked; see `read_object`."""
        return read_object(kind, wrapper, self.body(), partial=partial)

    def changes_of(
        self, kind: type[StrictSerializer], wrapper: str, shown: Callable[[], Mapping[str, object]]
    ) -> Attributes:
        """The changes under `wrapper`, of which `shown` is what GET shows; see `read_changes`."""
        return read_changes(kind, wrapper, self.body(), shown)

    def page(self, *, whole: bool = False) -> Page:
        """The page of a list that the query string asks for; `whole`: all there is, where it asks for none."""
        return Page.of(self.request.query_params, whole=whole)

    @staticmethod
    def answer(**members: object) -> HttpResponse:
        """`{"status": "ok", …}`."""
        return HttpResponse(orjson.dumps({"status": "ok", **members}), content_type="application/json")


@cache
def _request_parts(view: type[ManagementView]) -> dict[str, Any]:
    one = view()
    return {
        "parsers": one.get_parsers(),
        "authenticators": one.get_authenticators(),
        "negotiator": one.get_content_negotiator(),
    }


@cache
def _allowed_methods(view: type[ManagementView]) -> list[str]:
    return [method.upper() for method in view.http_method_names if hasattr(view, method)]
