"""Access tokens: signed and self-contained (docs/decisions/0010).

A token names its application, its scopes and a fingerprint of the secret that it was issued for. Checking it costs the
application's row and nothing else; switching the application off or giving it a new secret ends all of its tokens.
"""

import hmac

from django.core import signing
from django.utils.crypto import salted_hmac

from customers.applications.applications import get_application
from customers.errors import DomainError, ErrorKind
from customers.models import Application

READ = "MarketingSolutions_Campaign_Read"
MANAGE = "MarketingSolutions_Campaign_Manage"
SCOPES = (READ, MANAGE)
LIFETIME_SECONDS = 900
# Known clients use a token up to 15 seconds longer than it says, and don't try again (contract 4, section B).
ACCEPTED_SECONDS = 930
SALT = "marketing_solutions.access_token"
_signer = signing.TimestampSigner(salt=SALT)


def issue_token(*, application: Application, scopes: list[str]) -> str:
    """A token for the application, good for LIFETIME_SECONDS, with some of SCOPES."""
    flags = "".join(str(int(scope in scopes)) for scope in SCOPES)
    return _signer.sign(f"{application.pk}.{flags}.{_secret_fingerprint(application)}")


def check_token(*, token: str) -> tuple[Application, frozenset[str]]:
    """The application and the scopes of a token; DomainError `authorization-token-expired` or `-invalid`."""
    try:
        value = _signer.unsign(token, max_age=ACCEPTED_SECONDS)
    except signing.SignatureExpired as error:
        raise _refused("expired", "The access token has expired; get a new one.") from error
    except signing.BadSignature as error:
        raise _invalid() from error
    application_id, flags, mark = value.split(".")
    try:
        application = get_application(application_id=int(application_id))
    except DomainError as error:
        raise _invalid() from error
    if not hmac.compare_digest(mark, _secret_fingerprint(application)):
        raise _invalid()
    return application, frozenset(scope for scope, flag in zip(SCOPES, flags, strict=True) if flag == "1")


def _secret_fingerprint(application: Application) -> str:
    """A text that changes with the secret and doesn't reveal it."""
    return salted_hmac(SALT, application.secret_sha256, algorithm="sha256").hexdigest()[:32]


def _refused(what: str, sentence: str) -> DomainError:
    return DomainError(ErrorKind.UNAUTHENTICATED, f"authorization-token-{what}", sentence)


def _invalid() -> DomainError:
    return _refused("invalid", "The access token is not valid.")
