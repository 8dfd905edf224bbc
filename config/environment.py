"""Reads environment variables (and `.env`); an unusable value is reported in one clear sentence."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

FERNET_KEY_BYTES = 32
# A day, in seconds.
LONGEST_BOUND = 86_400

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


def seconds_by_kind(name: str, defaults: Mapping[str, float]) -> dict[str, float]:
    """Read seconds by kind of work: `kind=seconds` for some of them, separated by commas; the others have `defaults`.

    A number alone is for every kind that has a bound at all; 0 is none.
    """
    found = dict(defaults)
    try:
        for part in env.list(name, default=[]):
            kind, _, text = part.rpartition("=")
            kinds = [kind.strip()] if kind else [each for each, seconds in defaults.items() if seconds]
            for each in kinds:
                found[each] = float(text)
    except ValueError:
        found[""] = 0
    if found.keys() != defaults.keys() or not all(0 <= seconds <= LONGEST_BOUND for seconds in found.values()):
        words = f"kind=seconds separated by commas (kinds: {', '.join(defaults)})"
        raise ImproperlyConfigured(f"{name} must be seconds, or {words}, not {env.str(name)!r}")
    return found


def numbers(name: str) -> frozenset[int]:
    """Read whole numbers, separated by commas."""
    try:
        return frozenset(map(int, env.list(name, default=[])))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be whole numbers, separated by commas") from None


def postgresql(name: str) -> dict[str, Any]:
    """Read the URL of a database as Django's settings for it; messages don't show it, it holds a password."""
    address = env.str(name, "")
    try:
        if address.partition("://")[0] not in {"postgres", "postgresql"}:
            raise ValueError
        return dict(env.db_url_config(address))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be like postgresql://user:password@host:5432/database") from None


def redis(name: str) -> str:
    """Read the URL of a Redis server, or nothing; messages don't show it, it may hold a password."""
    address: str = env.str(name, "")
    try:
        if address and urlsplit(address).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError
        # Raises ValueError for an invalid port.
        _ = urlsplit(address).port
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be like redis://:password@host:6379/0") from None
    return address


def encryption_keys(name: str) -> list[str]:
    """Read Fernet keys, separated by commas; messages don't show them."""
    keys: list[str] = env.list(name, default=[])
    try:
        lengths = {len(base64.b64decode(key, altchars="-_", validate=True)) for key in keys}
    except ValueError:
        lengths = {0}
    if lengths - {FERNET_KEY_BYTES}:
        raise ImproperlyConfigured(f"{name} must be Fernet keys: {FERNET_KEY_BYTES} bytes each, in URL-safe Base64")
    return keys
