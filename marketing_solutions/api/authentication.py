"""Bearer tokens (contract 4, section B "auth failures")."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from customers.errors import DomainError, ErrorKind
from customers.models import Application
from marketing_solutions.oauth import check_token


class BearerAuthentication(BaseAuthentication):
    """The application that a token was issued to; `request.auth` is the set of the token's scopes."""

    def authenticate(self, request: Request) -> tuple[Application, frozenset[str]]:
        """DomainError `authorization-token-missing`, `-invalid` or `-expired`."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise DomainError(ErrorKind.UNAUTHENTICATED, "authorization-token-missing", "An access token is needed.")
        return check_token(token=token)
