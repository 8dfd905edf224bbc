"""Applications by the credentials that callers bring."""

import re
import uuid
from collections.abc import Collection, Sequence

from customers.errors import DomainError, Kind
from customers.models import Application
from customers.models.application import Platform
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


def require_platform(*, platforms: Collection[str], wanted: Sequence[Platform]) -> None:
    """Pass where an application's `platforms` hold one of those that are `wanted`; else the error of an unknown one."""
    if not set(platforms) & set(wanted):
        names = " or ".join(wanted)
        raise _unknown_application(f"The app-token's application has not the platform that this needs: {names}.")


def _unknown_application(message: str = "The app-token is not known.") -> DomainError:
    return DomainError(Kind.NOT_FOUND, "unknown_application", message)


def get_application(*, application_id: int) -> Application:
    """The active application of an id that a signed token names, with its organization; DomainError `invalid_token`."""
    application = _by_id.first(application_id=application_id)
    if application is None:
        raise DomainError(Kind.UNAUTHENTICATED, "invalid_token", "The application is not known or switched off.")
    return application
