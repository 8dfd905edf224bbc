"""`PRODUCTION=1` starts with nothing that is known to everybody; what it says names no key."""

import os
import secrets
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from tests.config.served import PROJECT

KEY, SEAL = secrets.token_urlsafe(48), Fernet.generate_key().decode()
ALL_ZERO = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
GOOD = {
    "PRODUCTION": "1",
    "SECRET_KEY": KEY,
    "ENCRYPTION_KEYS": SEAL,
    "ALLOWED_HOSTS": "campaigns.example.org",
    "BASE_URL": "https://campaigns.example.org",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def _loaded(**changes: str) -> "subprocess.CompletedProcess[str]":
    """What happens where the settings are loaded with these variables and no others."""
    names = (
        *("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "SESSION_COOKIE_SECURE"),
        *("CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_AGE"),
    )
    program = f"from django.conf import settings\nprint(*[getattr(settings, name) for name in {names}])"
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"} | GOOD | changes,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_hsts_is_for_this_host_alone_unless_more_is_asked_for() -> None:
    loaded = _loaded()
    assert loaded.stdout.split() == ["31536000", "False", "False", *["True"] * 4, "43200"], loaded.stderr
    more = _loaded(SECURE_HSTS_INCLUDE_SUBDOMAINS="1", SECURE_HSTS_PRELOAD="1")
    assert more.stdout.split()[1:3] == ["True", "True"], more.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "collecting-static-files"),
        ("SECRET_KEY", KEY[:49]),
        ("SECRET_KEY", "changeme" * 10),
        ("ENCRYPTION_KEYS", ""),
        ("ENCRYPTION_KEYS", ALL_ZERO),
        ("ENCRYPTION_KEYS", f"{SEAL},{ALL_ZERO}"),
        ("DEBUG", "1"),
    ],
    # Never the random keys themselves: every process of the run must name the tests alike.
    ids=["no secret", "the image's", "short", "repeated", "no seal", "zeros", "zeros beside", "debug"],
)
def test_it_refuses_to_start(name: str, value: str) -> None:
    refused = _loaded(**{name: value})
    assert refused.returncode != 0
    last = refused.stderr.splitlines()[-1]
    assert last.startswith(f"django.core.exceptions.ImproperlyConfigured: {name} must be"), refused.stderr
    assert not any(part in last for part in value.split(",") if len(part) > 1)


def test_outside_production_they_are_taken() -> None:
    taken = _loaded(PRODUCTION="0", SECRET_KEY="short", ENCRYPTION_KEYS=ALL_ZERO, DEBUG="1")
    assert taken.returncode == 0, taken.stderr
