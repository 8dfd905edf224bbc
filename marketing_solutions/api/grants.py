"""The client credentials grant of RFC 6749; oauthlib carries the protocol, our applications are its clients."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote_plus

from oauthlib.common import Request as GrantRequest
from oauthlib.oauth2 import ClientCredentialsGrant, InvalidRequestError, RequestValidator, TokenEndpoint

from customers.applications.applications import get_application_by_api_key
from customers.errors import DomainError
from customers.models import Application
from marketing_solutions.api.serializers.token import TokenAnswer
from marketing_solutions.oauth import LIFETIME_SECONDS, SCOPES, issue_token

# What an unknown client's secret is compared with, so that it takes as long as that of a known one.
UNKNOWN_CLIENT = Application(secret_sha256="0" * 64)


@dataclass(frozen=True)
class Client:
    """An application as oauthlib wants a client."""

    client_id: str
    application: Application


class Clients(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
    """What oauthlib asks us about clients and scopes."""

    def client_authentication_required(self, _request: GrantRequest, *_: object, **__: object) -> bool:
        """All our clients have a secret."""
        return True

    def authenticate_client(self, request: GrantRequest, *_: object, **__: object) -> bool:
        """Find the active application of `client_id` and compare its secret; sets `request.client`."""
        client_id, secret = _credentials(request)
        application = _find_application(client_id)
        request.client = Client(client_id, application)
        is_right = application.has_secret(secret) and application is not UNKNOWN_CLIENT
        return is_right and (request.client_id or client_id) == client_id

    def validate_grant_type(self, _client_id: str, grant_type: str, *_: object, **__: object) -> bool:
        """The one grant that is supported."""
        return grant_type == "client_credentials"

    def get_default_scopes(self, *_: object, **__: object) -> list[str]:
        """Without a scope a token has both."""
        return list(SCOPES)

    def validate_scopes(
        self, _client_id: str, scopes: list[str], _client: Client, request: GrantRequest, *_: object, **__: object
    ) -> bool:
        """Any of ours; an empty parameter counts as none (RFC 6749, section 3.2)."""
        request.scopes = [scope for scope in scopes if scope] or list(SCOPES)
        return set(request.scopes) <= set(SCOPES)

    def save_token(self, *_: object, **__: object) -> None:
        """No-op: tokens are signed and stored nowhere."""


class Tokens:
    """Makes the answer of a success."""

    def create_token(self, request: GrantRequest, **_: object) -> TokenAnswer:
        """The members of contract 4: known clients fail where `refresh_token` is absent."""
        return {
            "access_token": issue_token(application=request.client.application, scopes=request.scopes),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "refresh_token": None,
        }


def _credentials(request: GrantRequest) -> tuple[str, str]:
    """Client id and secret of the Basic header, else of the body; both at once is a mistake (RFC 6749, section 2.3)."""
    scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return request.client_id or "", request.client_secret or ""
    if request.client_secret:
        raise InvalidRequestError("Client credentials stand in the header and in the body.", request=request)
    try:
        client_id, _, secret = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def _find_application(client_id: str) -> Application:
    try:
        return get_application_by_api_key(api_key=client_id)
    except DomainError:
        return UNKNOWN_CLIENT


_grant = ClientCredentialsGrant(Clients())
endpoint = TokenEndpoint("client_credentials", Tokens(), {"client_credentials": _grant})
