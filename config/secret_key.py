"""Default keys for machines without configured ones (in the data directory), and checks of keys for production."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from customers.private_files import make_private_folder

SHORTEST_SECRET_KEY = 50
# A random key has few repeated characters or bytes.
FEWEST_DIFFERENT = 10


def require_random_keys(secret_key: str, encryption_keys: Sequence[str]) -> None:
    """ImproperlyConfigured if a key is short or evidently not random, such as one of an example."""
    if len(secret_key) < SHORTEST_SECRET_KEY or len(set(secret_key)) < FEWEST_DIFFERENT:
        raise ImproperlyConfigured(f"SECRET_KEY must be {SHORTEST_SECRET_KEY} random characters or more")
    if any(len(set(base64.urlsafe_b64decode(key))) < FEWEST_DIFFERENT for key in encryption_keys):
        raise ImproperlyConfigured("ENCRYPTION_KEYS must be random (docs/operations.md says how to make one)")


def local_secret_key(data_directory: Path) -> str:
    """Read `secret_key` from the data directory, or create it; ImproperlyConfigured if that can't be written."""
    path = data_directory / "secret_key"
    try:
        make_private_folder(data_directory)
        if not path.exists():
            draft = path.with_name(f"secret_key.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            # A hard link fails if another process was first, and never shows an incomplete key.
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"the data directory {data_directory} can't be written: {error.strerror}") from error


def derived_encryption_key(secret_key: str) -> str:
    """A Fernet key derived from the signing key."""
    digest = hmac.digest(secret_key.encode(), b"encryption of destinations' secrets", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()
