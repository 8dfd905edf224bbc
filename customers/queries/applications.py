"""Applications by the credentials that callers bring."""

import re
import uuid

from customers.errors import DomainError, Kind
from customers.models import Application
from customers.models.identifier import as_uuid
from customers.queries.prepared import PreparedQuery

API_KEY = re.compile(r"[0-9a-f]{40}", re.ASCII)

_by_token = PreparedQuery(
    lambda app_token: Application.objects.filter(app_token=app_token, is_active=True).select_related("organization"),
    app_token=uuid.UUID,
)
_by_api_key = PreparedQuery(
    lambda api_key: Application.objects.filter(api_key=api_key, is_active=True).select_related("organization"),
    api_key=str,
)
_by_id = PreparedQuery(
    # What a token is checked against and whose request it is; times, arrays and names would be parsed for nobody.
    lambda application_id: (
        Application.objects.filter(id=application_id, is_active=True)
        .select_related("organization")
        .only("api_key", "secret_sha256", "organization__time_zone")
    ),
    application_id=int,
)


def get_application_by_api_key(*, api_key: str) -> Application:
    """The active application of a key, with its organization; DomainError `invalid_api_key` where there is none.

    The one look-up without an organization: it is what tells whose request this is.
    """
    application = _by_api_key.first(api_key=api_key) if API_KEY.fullmatch(api_key) else None
    if application is None:
        raise DomainError(Kind.UNAUTHENTICATED, "invalid_api_key", "The API key is not known.")
    return application


def get_application_by_token(*, token: str) -> Application:
    """The active application of an app-token, with its organization; DomainError `unknown_application`."""
    app_token = as_uuid(token)
    application = None if app_token is None else _by_token.first(app_token=app_token)
    if application is None:
        raise _unknown_application()
    return application


def require_platform(*, application: Application, platform: str) -> Application:
    """The application itself, if it runs on the platform; the error of an unknown one otherwise."""
    if platform not in application.platforms:
        raise _unknown_application()
    return application


def _unknown_application() -> DomainError:
    return DomainError(Kind.NOT_FOUND, "unknown_application", "The app-token is not known.")


def get_application(*, application_id: int) -> Application:
    """The active application of an id that a signed token names, with its organization; DomainError `invalid_token`."""
    application = _by_id.first(application_id=application_id)
    if application is None:
        raise DomainError(Kind.UNAUTHENTICATED, "invalid_token", "The application is not known or switched off.")
    return application
