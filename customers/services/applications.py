"""Applications and their secrets."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from customers.errors import Refusals, invalid
from customers.models import Application, Organization
from customers.models.application import Platform, sha256_hex
from customers.models.origin import read_origin

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
    """Make an application and return it with its secret, which nobody can read again.

    Origins are kept as browsers spell them; DomainError `validation` for what can't be one, an unknown platform, and a
    name that is none or another's.
    """
    application = Application(organization=organization)
    secret = fill_credentials(application=application)
    attributes = {"platforms": platforms, "allowed_origins": allowed_origins, "is_active": is_active}
    _save(application, {"name": name, **attributes}, is_new=True)
    return application, secret


def update_application(*, application: Application, changes: Mapping[str, Any]) -> Application:
    """Change `name`, `platforms`, `allowed_origins` or `is_active` of an application, and nothing else.

    Refuses what `create_application` does.
    """
    return _save(application, changes, is_new=False)


def _save(application: Application, changes: Mapping[str, Any], *, is_new: bool) -> Application:
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
    refusals, found = Refusals(), []
    for text in texts:
        try:
            found.append(read_origin(text))
        except ValueError as error:
            refusals.refuse("allowed_origins", f"{text}: {error}")
    refusals.raise_any()
    return list(dict.fromkeys(found))


def fill_credentials(*, application: Application) -> str:
    """Give an application that is not yet saved its key and secrets; returns the secret of the API."""
    application.api_key = secrets.token_hex(API_KEY_BYTES)
    application.keep_identity_secret(secrets.token_hex(SECRET_BYTES))
    return _fill_secret(application)


@transaction.atomic
def rotate_secret(*, application: Application) -> str:
    """Give the application a new secret and return it; the old one is refused from now on."""
    secret = _fill_secret(application)
    application.save(update_fields=["secret_prefix", "secret_sha256"])
    return secret


@transaction.atomic
def rotate_identity_secret(*, application: Application) -> str:
    """Give the application a new identity secret and return it; customer-tokens of the old one are wrong then."""
    secret = secrets.token_hex(SECRET_BYTES)
    application.keep_identity_secret(secret)
    application.save(update_fields=["sealed_identity_secret"])
    return secret


@transaction.atomic
def seal_identity_secrets_again() -> int:
    """Encrypt every identity secret with the first key of ENCRYPTION_KEYS; how many there are, of all organizations."""
    sealed = Application.objects.select_for_update().exclude(sealed_identity_secret="").order_by("id")
    for application in sealed:
        application.keep_identity_secret(application.identity_secret)
        application.save(update_fields=["sealed_identity_secret"])
    return len(sealed)


def _fill_secret(application: Application) -> str:
    secret = secrets.token_hex(SECRET_BYTES)
    application.secret_prefix = secret[:8]
    application.secret_sha256 = sha256_hex(secret)
    return secret


def credentials_of(*, application: Application, secret: str) -> dict[str, str]:
    """What a client of any dialect needs, under the names that demo.env and `create_application` use."""
    return {
        "API_KEY": application.api_key,
        "API_SECRET": secret,
        "APP_TOKEN": str(application.app_token),
        "APPLICATION_ID": str(application.pk),
        "CLIENT_ID": application.api_key,
        "CLIENT_SECRET": secret,
        "IDENTITY_SECRET": application.identity_secret,
    }
