"""Secrets that must be sent again, so that no hash will do: encrypted with the keys of the settings.

`settings.ENCRYPTION_KEYS`: the first key encrypts, every one decrypts. To change keys, put the new one first, run
`manage.py rotate_encryption_keys`, and remove the old one.
"""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from customers.errors import DomainError, ErrorKind


def encrypt(values: Mapping[str, str]) -> str:
    """Encrypt secrets by name; an empty text if there are none."""
    return _keys().encrypt(json.dumps(dict(values)).encode()).decode() if values else ""


def decrypt(text: str) -> dict[str, str]:
    """Decrypt what `encrypt` made; DomainError `secrets_unreadable` if no key fits."""
    if not text:
        return {}
    try:
        values: dict[str, str] = json.loads(_keys().decrypt(text))
    except InvalidToken as error:
        raise DomainError(
            ErrorKind.UNAVAILABLE,
            "secrets_unreadable",
            "No key of ENCRYPTION_KEYS opens these secrets: type them in again.",
        ) from error
    return values


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
