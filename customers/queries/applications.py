"""Applications by the credentials that callers bring."""

import re

from customers.errors import DomainError, Kind
from customers.models import Application
from customers.queries.prepared import PreparedQuery

API_KEY = re.compile(r"[0-9a-f]{40}", re.ASCII)

_by_api_key = PreparedQuery(
    lambda api_key: Application.objects.filter(api_key=api_key, is_active=True).select_related("organization"),
    api_key=str,
)


def get_application_by_api_key(*, api_key: str) -> Application:
    """The active application of a key, with its organization; DomainError `invalid_api_key` where there is none.

    The one look-up without an organization: it is what tells whose request this is.
    """
    application = _by_api_key.first(api_key=api_key) if API_KEY.fullmatch(api_key) else None
    if application is None:
        raise DomainError(Kind.UNAUTHENTICATED, "invalid_api_key", "The API key is not known.")
    return application
