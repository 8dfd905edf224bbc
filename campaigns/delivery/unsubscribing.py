"""The address in every email that takes consent to email away (RFC 8058): signed, and valid for ever."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer

PATH = "unsubscribe/"
SALT = "campaigns.delivery.unsubscribing"


@dataclass(frozen=True)
class Unsubscribing:
    """Whose consent a token takes away."""

    organization_id: int
    customer_uuid: uuid.UUID


def unsubscribe_url(organization_id: int, customer_uuid: uuid.UUID) -> str:
    """The address for one customer of one organization."""
    return f"{settings.BASE_URL.rstrip('/')}/{PATH}{_signer().sign(f'{organization_id}-{customer_uuid.hex}')}"


def read_token(token: str) -> Unsubscribing | None:
    """What a token says; None if the signature is wrong."""
    try:
        organization_id, _, identity = _signer().unsign(token).partition("-")
    except BadSignature:
        return None
    return Unsubscribing(int(organization_id), uuid.UUID(identity))


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")
