"""Secrets of others that must be sent again, so that no hash will do: sealed with the keys of the settings.

`settings.ENCRYPTION_KEYS`: the first key seals, every one opens. To change keys, put the new one first, run
`manage.py seal_again`, and take the old one away.
"""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from customers.errors import DomainError, ErrorKind


def seal(values: Mapping[str, str]) -> str:
    """Encrypt secrets by name; the empty text where there are none."""
    return _keys().encrypt(json.dumps(dict(values)).encode()).decode() if values else ""


def unseal(sealed: str) -> dict[str, str]:
    """Decrypt what `seal` made; DomainError `secrets_unreadable` where no key opens it."""
    if not sealed:
        return {}
    try:
        values: dict[str, str] = json.loads(_keys().decrypt(sealed))
    except InvalidToken as error:
        raise DomainError(
            ErrorKind.UNAVAILABLE,
            "secrets_unreadable",
            "No key of ENCRYPTION_KEYS opens these secrets: type them in again.",
        ) from error
    return values


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
