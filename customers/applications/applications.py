"""Applications: looked up by credentials, created, changed, and their secrets rotated."""

import re
import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from customers.errors import DomainError, ErrorCollector, ErrorKind, invalid
from customers.models import Application, Organization
from customers.models.application import Platform, sha256_hex
from customers.models.identifier import as_uuid
from customers.models.origin import read_origin
from customers.prepared import PreparedQuery

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
    # Only the columns that checking a token needs: parsing times, arrays and names would be wasted.
    lambda application_id: (
        Application.objects.filter(id=application_id, is_active=True)
        .select_related("organization")
        .only("api_key", "secret_sha256", "organization__time_zone")
    ),
    application_id=int,
)


def get_application_by_api_key(*, api_key: str) -> Application:
    """The active application of a key, with its organization; DomainError `invalid_api_key` if there is none.

    It takes no organization, because it determines the organization of the request.
    """
    application = _by_api_key.first(api_key=api_key) if API_KEY.fullmatch(api_key) else None
    if application is None:
        raise DomainError(ErrorKind.UNAUTHENTICATED, "invalid_api_key", "The API key is not known.")
    return application


def get_application_by_token(*, token: str) -> Application:
    """The active application of an app-token, with its organization; DomainError `unknown_application`."""
    app_token = as_uuid(token)
    application = None if app_token is None else _by_token.first(app_token=app_token)
    if application is None:
        raise _unknown_application()
    return application


def require_platform(*, platforms: Collection[str], wanted: Sequence[Platform]) -> None:
    """No-op if an application's `platforms` include one of `wanted`; else the error of an unknown application."""
    if not set(platforms) & set(wanted):
        names = " or ".join(wanted)
        raise _unknown_application(f"The app-token's application has not the platform that this needs: {names}.")


def _unknown_application(message: str = "The app-token is not known.") -> DomainError:
    return DomainError(ErrorKind.NOT_FOUND, "unknown_application", message)


def get_application(*, application_id: int) -> Application:
    """The active application of an id that a signed token names, with its organization; DomainError `invalid_token`."""
    application = _by_id.first(application_id=application_id)
    if application is None:
        raise DomainError(ErrorKind.UNAUTHENTICATED, "invalid_token", "The application is not known or switched off.")
    return application


SECRET_BYTES = 32
API_KEY_BYTES = 20
MAXIMUM_NAME = 255


def create_application(
    *,
    organization: Organization,
    name: str,
    platforms: Sequence[str] = (),
    allowed_origins: Sequence[str] = (),
    is_active: bool = True,
) -> tuple[Application, str]:
    """Create an application and return it with its secret, which can't be read again.

    Origins are stored in the spelling of browsers. DomainError `validation` for a text that is no origin, an unknown
    platform, or a missing or taken name.
    """
    application = Application(organization=organization)
    secret = fill_credentials(application=application)
    attributes = ApplicationChanges(
        name=name, platforms=platforms, allowed_origins=allowed_origins, is_active=is_active
    )
    _save(application, attributes, is_new=True)
    return application, secret


class ApplicationChanges(TypedDict, total=False):
    """What can be changed of an application."""

    name: str
    platforms: Sequence[str]
    allowed_origins: Sequence[str]
    is_active: bool


def update_application(*, application: Application, **changes: Unpack[ApplicationChanges]) -> Application:
    """Change `name`, `platforms`, `allowed_origins` or `is_active` of an application, and nothing else.

    DomainError `validation` as in `create_application`.
    """
    return _save(application, changes, is_new=False)


def _save(application: Application, changes: Mapping[str, object], *, is_new: bool) -> Application:
    for name, value in changes.items():
        setattr(application, name, value)
    unknown = sorted(set(application.platforms) - set(Platform.values))
    if unknown:
        raise invalid(platforms=f"Unknown platforms: {', '.join(unknown)}.")
    if len(application.name) > MAXIMUM_NAME or not application.name.strip() or "\x00" in application.name:
        raise invalid(name=f"A name of 1 to {MAXIMUM_NAME} characters is expected.")
    application.platforms = list(dict.fromkeys(application.platforms))
    if "allowed_origins" in changes:
        application.allowed_origins = _read_origins(application.allowed_origins)
    try:
        with transaction.atomic():
            application.save(update_fields=None if is_new else list(changes))
    except IntegrityError as error:
        raise invalid(name=f"The organization already has an application {application.name!r}.") from error
    return application


def _read_origins(texts: Sequence[str]) -> list[str]:
    errors, found = ErrorCollector(), []
    for text in texts:
        try:
            found.append(read_origin(text))
        except ValueError as error:
            errors.add("allowed_origins", f"{text}: {error}")
    errors.raise_if_any()
    return list(dict.fromkeys(found))


def fill_credentials(*, application: Application) -> str:
    """Give an unsaved application its key and secrets; returns the API secret."""
    application.api_key = secrets.token_hex(API_KEY_BYTES)
    application.set_identity_secret(secrets.token_hex(SECRET_BYTES))
    return _fill_secret(application)


@transaction.atomic
def rotate_secret(*, application: Application) -> str:
    """Give the application a new secret and return it; the old one stops working at once."""
    secret = _fill_secret(application)
    application.save(update_fields=["secret_prefix", "secret_sha256"])
    return secret


@transaction.atomic
def rotate_identity_secret(*, application: Application) -> str:
    """Give the application a new identity secret and return it; customer-tokens of the old one become invalid."""
    secret = secrets.token_hex(SECRET_BYTES)
    application.set_identity_secret(secret)
    application.save(update_fields=["sealed_identity_secret"])
    return secret


@transaction.atomic
def reencrypt_identity_secrets() -> int:
    """Encrypt every identity secret with the first key of ENCRYPTION_KEYS; returns how many, of all organizations."""
    applications = Application.objects.select_for_update().exclude(sealed_identity_secret="").order_by("id")
    for application in applications:
        application.set_identity_secret(application.identity_secret)
        application.save(update_fields=["sealed_identity_secret"])
    return len(applications)


def _fill_secret(application: Application) -> str:
    secret = secrets.token_hex(SECRET_BYTES)
    application.secret_prefix = secret[:8]
    application.secret_sha256 = sha256_hex(secret)
    return secret


def credentials_of(*, application: Application, secret: str) -> dict[str, str]:
    """The credentials for all dialects, under the names of demo.env and `create_application`."""
    return {
        "API_KEY": application.api_key,
        "API_SECRET": secret,
        "APP_TOKEN": str(application.app_token),
        "APPLICATION_ID": str(application.pk),
        "CLIENT_ID": application.api_key,
        "CLIENT_SECRET": secret,
        "IDENTITY_SECRET": application.identity_secret,
    }
