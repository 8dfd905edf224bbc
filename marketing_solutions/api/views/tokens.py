"""`POST /oauth2/token` (contract 4, section B "token")."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from oauthlib.oauth2 import InvalidRequestError
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from marketing_solutions.api.base import MarketingSolutionsView
from marketing_solutions.api.bodies import raw_body
from marketing_solutions.api.documentation import token_operation
from marketing_solutions.api.errors import token_response, token_unavailable_response
from marketing_solutions.api.grants import endpoint

FORM = "application/x-www-form-urlencoded"
MAXIMUM_FORM = 10_000


class Token(MarketingSolutionsView):
    """Gives access tokens to applications; errors are those of RFC 6749, not of the campaigns' endpoints."""

    authentication_classes: Sequence[type[BaseAuthentication]] = []
    http_method_names: list[str] = ["post"]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """The client is authenticated by the grant itself."""

    def unavailable(self, _request: HttpRequest) -> HttpResponse:
        """In the shape of RFC 6749, too."""
        return token_unavailable_response()

    @token_operation
    def post(self, request: Request) -> HttpResponse:
        """Exchange client credentials for a token."""
        # Past Django's own limit, whose error would be a fault here.
        form = raw_body(self.http_request)
        if request.content_type.partition(";")[0].strip().lower() != FORM or len(form) > MAXIMUM_FORM:
            raise InvalidRequestError(f"The body must be {FORM}.")
        _, body, status = endpoint.create_token_response(
            request.get_full_path(),
            body=form.decode("ascii", "replace"),
            headers={"Authorization": request.headers.get("Authorization", "")},
        )
        return token_response(body, status)
