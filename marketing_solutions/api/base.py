"""The dialect's base view: tokens, scopes, the rate limit, answers and errors of every endpoint."""

import time
from collections.abc import Mapping, Sequence

import structlog
from django.http import HttpRequest, HttpResponse
from oauthlib.oauth2 import OAuth2Error
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, Throttled
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from customers.errors import DomainError, ErrorKind
from customers.models import Application
from customers.transactions import is_unavailable, log_unavailable, repeat_method, repeating
from marketing_solutions.api.authentication import BearerAuthentication
from marketing_solutions.api.bodies import read_json
from marketing_solutions.api.errors import (
    domain_error_response,
    fault_response,
    framework_error_response,
    json_response,
    oauth_error_response,
    unavailable_response,
)
from marketing_solutions.api.serializers.campaign import UNVERSIONED, VERSIONS, Wire
from marketing_solutions.oauth import MANAGE, READ
from marketing_solutions.rate_limits import Quota, count_request

log = structlog.get_logger(__name__)


class MarketingSolutionsView(APIView):
    """What every endpoint of this dialect shares; `scopes` says what each method needs."""

    authentication_classes: Sequence[type[BaseAuthentication]] = [BearerAuthentication]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    http_method_names: list[str] = ["get", "head", "post", "patch"]
    scopes = {"GET": READ, "HEAD": READ, "POST": MANAGE, "PATCH": MANAGE}
    quota: Quota | None = None
    http_request: HttpRequest

    def setup(self, request: HttpRequest, *args: object, **kwargs: object) -> None:
        """Retry the view's method where PostgreSQL rolls it back; the request is counted once."""
        super().setup(request, *args, **kwargs)
        self.http_request = request
        repeat_method(self, request.method)

    def initial(self, request: Request, *_args: object, **_kwargs: object) -> None:
        """Authenticate, count the request, and check the token's scopes."""
        self.perform_authentication(request)
        self.quota = repeating(count_request)(application=self.application, now=time.time())
        if self.quota and self.quota.is_exceeded:
            raise Throttled
        scope = self.scopes.get(request.method or "")
        granted: frozenset[str] = request.auth  # type: ignore[assignment]  # what our authentication puts there
        if scope and scope not in granted:
            raise DomainError(
                ErrorKind.PERMISSION_DENIED,
                "insufficient-advertiser-permissions",
                f"The token lacks the scope {scope}.",
            )

    def finalize_response(self, request: Request, response: Response, *args: object, **kwargs: object) -> Response:
        """Tell every authenticated caller what is left of the minute."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.quota:
            response["x-ratelimit-limit"] = str(self.quota.limit)
            response["x-ratelimit-remaining"] = str(self.quota.remaining)
            response["x-ratelimit-reset"] = str(self.quota.reset)
            if self.quota.is_exceeded:
                response["Retry-After"] = str(max(1, self.quota.reset - int(time.time())))
        return response

    def handle_exception(self, error: Exception) -> HttpResponse:  # type: ignore[override]  # APIView sends any HttpResponse
        """Every error in the dialect's own shape."""
        request = self.http_request
        if isinstance(error, DomainError):
            return domain_error_response(request, error)
        if isinstance(error, OAuth2Error):
            return oauth_error_response(error)
        if isinstance(error, APIException):
            return framework_error_response(request, error)
        if is_unavailable(error):
            log_unavailable(error, request.path)
            return self.unavailable(request)
        log.error("unexpected_fault", path=request.path, exc_info=error)
        return fault_response(request)

    def unavailable(self, request: HttpRequest) -> HttpResponse:
        """The answer where the database is away or overloaded."""
        return unavailable_response(request)

    @property
    def application(self) -> Application:
        """The calling application."""
        application: Application = self.request.user  # type: ignore[assignment]  # what our authentication puts there
        return application

    @property
    def wire(self) -> Wire:
        """The form of answers on this path."""
        version = self.kwargs.get("version")
        return VERSIONS[version] if version else UNVERSIONED

    def body(self) -> object:
        """The request's JSON, None where there is none."""
        return read_json(self.http_request)

    @staticmethod
    def answer(body: Mapping[str, object], status: int = 200) -> HttpResponse:
        """An answer with one of the shapes of `serializers`."""
        return json_response(body, status)
