"""Reads environment variables (and `.env`); a value that can't be used is one clear sentence."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
env.read_env(Path(__file__).resolve().parent.parent / ".env")


def integer(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """Read a whole number between `least` and `most`."""
    try:
        value: int = env.int(name, default)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {env.str(name)!r}")
    return value


def postgresql(name: str) -> dict[str, Any]:
    """Read the URL of a database as Django's settings for it; messages don't show it, it holds a password."""
    address = env.str(name, "")
    try:
        if address.partition("://")[0] not in {"postgres", "postgresql"}:
            raise ValueError  # noqa: TRY301 - as bad as a URL that can't be taken apart
        return dict(env.db_url_config(address))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be like postgresql://user:password@host:5432/database") from None
