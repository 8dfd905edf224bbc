"""What each kind of destination must and may be told: the members of its settings and the names of its secrets."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import models

from customers.models.mail_address import is_mail_address

MAXIMUM_TEXT = 2048
SECONDS = range(1, 121)
AT_ONCE = range(1, 33)
PORTS = range(1, 65_536)
# Mail services with an API that django-anymail speaks, each with one key.
PROVIDERS = frozenset({"brevo", "mailersend", "mailgun", "mandrill", "postmark", "resend", "sparkpost"})
# The identifiers that Facebook matches people by; each names the attribute it is taken from.
FACEBOOK_KEYS = frozenset(
    {
        *("EXTERN_ID", "EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD"),
        *("LN", "FN", "FI", "ST", "CT", "ZIP", "COUNTRY", "MADID"),
    }
)

# The settings that name attributes of customers: one, or the values of a mapping.
NAMING_ATTRIBUTES = frozenset({"identifier", "address_attribute", "columns"})


class DestinationKind(models.TextChoices):
    """Where messages and audiences go."""

    FILE = "file", "File"
    S3 = "s3", "S3"
    AIRSHIP = "airship", "Airship static list"
    CHEETAH = "cheetah", "Cheetahmail list"
    FACEBOOK = "facebook", "Facebook custom audience"
    EMAIL = "email", "Email"
    PUSH = "push", "Push gateway"
    WEBHOOK = "webhook", "Webhook"


def _text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAXIMUM_TEXT and value.isprintable()


def _url(value: object) -> bool:
    if not isinstance(value, str) or not _text(value):
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.username or parts.query)


def _address(value: object) -> bool:
    """A mail address, alone or as `Name <address>`."""
    if not isinstance(value, str) or not _text(value):
        return False
    named = re.fullmatch(r"[^<>]*<([^<>]+)>", value)
    return is_mail_address(named.group(1) if named else value)


def _one_of(values: frozenset[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in values


def _within(numbers: range) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value in numbers


def _columns(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and set(value) <= FACEBOOK_KEYS
        and all(isinstance(name, str) and name for name in value.values())
    )


@dataclass(frozen=True)
class Member:
    """One member of a kind's settings; `sentence` says what is expected."""

    fits: Callable[[object], bool]
    sentence: str
    required: bool = False
    default: Any = None


TEXT = Member(_text, "A text is expected.")
REQUIRED_TEXT = Member(_text, "A text is expected.", required=True)
URL = Member(_url, "An address that begins with https:// or http:// is expected, without query and password.")
REQUIRED_URL = Member(URL.fits, URL.sentence, required=True)
TIMEOUT = Member(_within(SECONDS), "Whole seconds from 1 to 120 are expected.", default=30)
SHORT_TIMEOUT = Member(TIMEOUT.fits, TIMEOUT.sentence, default=10)
ESCAPE_FORMULAS = Member(lambda value: isinstance(value, bool), "true or false is expected.", default=True)
CONCURRENCY = Member(_within(AT_ONCE), "A whole number from 1 to 32 is expected.", default=8)


@dataclass(frozen=True)
class Shape:
    """The settings of a kind, and its secrets: those that must be there and those that may."""

    members: Mapping[str, Member]
    required_secrets: frozenset[str] = frozenset()
    optional_secrets: frozenset[str] = frozenset()

    @property
    def secrets(self) -> frozenset[str]:
        """All secrets that the kind knows."""
        return self.required_secrets | self.optional_secrets


SIGNED = Shape(
    {"url": REQUIRED_URL, "timeout_seconds": SHORT_TIMEOUT, "concurrency": CONCURRENCY}, frozenset({"signing_secret"})
)
SHAPES: Mapping[str, Shape] = {
    DestinationKind.FILE: Shape({"escape_formulas": ESCAPE_FORMULAS}),
    DestinationKind.S3: Shape(
        {
            "bucket": REQUIRED_TEXT,
            "prefix": TEXT,
            "region": TEXT,
            "endpoint_url": URL,
            "escape_formulas": ESCAPE_FORMULAS,
        },
        optional_secrets=frozenset({"access_key", "secret_key"}),
    ),
    DestinationKind.AIRSHIP: Shape(
        {
            "url": Member(URL.fits, URL.sentence, default="https://go.airship.com"),
            "app_key": REQUIRED_TEXT,
            "identifier_type": Member(_text, TEXT.sentence, default="named_user"),
            "identifier": Member(_text, TEXT.sentence, default="external_id"),
            "timeout_seconds": TIMEOUT,
        },
        frozenset({"master_secret"}),
    ),
    DestinationKind.CHEETAH: Shape(
        {"url": REQUIRED_URL, "list_id": REQUIRED_TEXT, "user": REQUIRED_TEXT, "timeout_seconds": TIMEOUT},
        frozenset({"password"}),
    ),
    DestinationKind.FACEBOOK: Shape(
        {
            "url": Member(URL.fits, URL.sentence, default="https://graph.facebook.com"),
            "version": Member(_text, TEXT.sentence, default="v23.0"),
            "audience_id": REQUIRED_TEXT,
            "columns": Member(
                _columns,
                f"Attributes by identifier are expected; identifiers are {', '.join(sorted(FACEBOOK_KEYS))}.",
                default={"EXTERN_ID": "external_id", "EMAIL": "email"},
            ),
            "timeout_seconds": TIMEOUT,
        },
        frozenset({"access_token"}),
    ),
    DestinationKind.EMAIL: Shape(
        {
            "from_address": Member(_address, "A mail address is expected.", required=True),
            "reply_to": Member(_address, "A mail address is expected."),
            "address_attribute": Member(_text, TEXT.sentence, default="email"),
            "provider": Member(_one_of(PROVIDERS), f"One of {', '.join(sorted(PROVIDERS))} is expected."),
            "sender_domain": TEXT,
            "provider_url": URL,
            "host": TEXT,
            "port": Member(_within(PORTS), "A port is expected.", default=587),
            "encryption": Member(
                _one_of(frozenset({"none", "starttls", "tls"})),
                "none, starttls or tls is expected.",
                default="starttls",
            ),
            "user": TEXT,
            "concurrency": Member(CONCURRENCY.fits, CONCURRENCY.sentence, default=4),
        },
        optional_secrets=frozenset({"password", "api_key"}),
    ),
    DestinationKind.PUSH: SIGNED,
    DestinationKind.WEBHOOK: SIGNED,
}
# Secrets and settings that make sense only together.
TOGETHER: Mapping[str, tuple[str, ...]] = {DestinationKind.S3: ("access_key", "secret_key")}


def problems_of_settings(kind: str, settings: object, secrets: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong with the settings and the secrets of a kind: sentences under `settings` and `secrets`."""
    shape = SHAPES[kind]
    if not isinstance(settings, dict):
        return {"settings": ["An object is expected."]}
    wrong = [f"{name}: {kind} knows no such setting." for name in sorted(settings.keys() - shape.members.keys())]
    for name, member in shape.members.items():
        if name not in settings:
            wrong += [f"{name}: this setting is required."] if member.required else []
        elif not member.fits(settings[name]):
            wrong.append(f"{name}: {member.sentence}")
    problems = {"settings": wrong, "secrets": _problems_of_secrets(kind, settings, secrets)}
    return {name: sentences for name, sentences in problems.items() if sentences}


def _problems_of_secrets(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[str]:
    shape = SHAPES[kind]
    wrong = [f"{name}: {kind} knows no such secret." for name in sorted(secrets.keys() - shape.secrets)]
    wrong += [f"{name}: {TEXT.sentence}" for name, value in sorted(secrets.items()) if not _text(value)]
    needed = set(shape.required_secrets)
    if kind == DestinationKind.EMAIL:
        needed |= {"api_key"} if "provider" in settings else {"password"} if "user" in settings else set()
    together = set(TOGETHER.get(kind, ()))
    if together & secrets.keys():
        needed |= together
    return wrong + [f"{name}: this secret is required." for name in sorted(needed - secrets.keys())]
