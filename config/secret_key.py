"""Keys for machines where nobody set one: the signing key, made once and kept in the data directory, and what follows
from it.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from customers.private_files import make_private_folder


def local_secret_key(data_directory: Path) -> str:
    """Read `secret_key` from the data directory, or make it; ImproperlyConfigured where that can't be written."""
    path = data_directory / "secret_key"
    try:
        make_private_folder(data_directory)
        if not path.exists():
            draft = path.with_name(f"secret_key.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            # A hard link fails where another process was first, and never shows a half-written key.
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
    """A Fernet key that follows from the signing key."""
    digest = hmac.digest(secret_key.encode(), b"encryption of destinations' secrets", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()
