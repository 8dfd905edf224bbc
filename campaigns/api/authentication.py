"""HTTP Basic with `api_key:api_secret` (contract 4, section A "authentication")."""

import base64
import binascii

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from customers.applications.applications import get_application_by_api_key
from customers.errors import DomainError, ErrorKind
from customers.models import Application


class ApplicationAuthentication(BaseAuthentication):
    """The application whose key stands in the path, proven by its secret.

    The user name is the same key, or empty (contract 1's sample curl sends only the secret).
    """

    def authenticate(self, request: Request) -> tuple[Application, None]:
        """The calling application; DomainError `invalid_api_key` or `access_denied`."""
        api_key: str = request.parser_context["kwargs"]["api_key"]
        application = get_application_by_api_key(api_key=api_key)
        name, secret = self._credentials(request.META.get("HTTP_AUTHORIZATION", ""))
        if name not in {"", api_key} or not application.has_secret(secret):
            raise DomainError(ErrorKind.UNAUTHENTICATED, "access_denied", "The credentials are missing or wrong.")
        return application, None

    @staticmethod
    def _credentials(header: str) -> tuple[str, str]:
        """User name and password of a Basic header; empty if there is none that can be parsed."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "basic":
            return "", ""
        try:
            decoded = base64.b64decode(token.strip(), validate=True).decode()
        except (binascii.Error, UnicodeError, ValueError):
            return "", ""
        name, _, secret = decoded.partition(":")
        return name, secret
