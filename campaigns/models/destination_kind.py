"""What each kind of destination must and may be told: the members of its settings and the names of its secrets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from campaigns.models.mailbox import read_mailbox
from campaigns.models.setting_checks import (
    is_ascii,
    is_folder,
    is_host,
    is_signing_secret,
    is_text,
    is_url,
    is_within,
    matches,
    one_of,
)

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
# What every customer has without a field of the schema; a mail goes to neither.
OWN_NAMES = frozenset({"external_id", "user_id"})


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


def _mailbox(value: object) -> bool:
    """A mail address, alone or as `Name <address>`."""
    return isinstance(value, str) and is_text(value) and read_mailbox(value) is not None


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


TEXT = Member(is_text, "A text is expected.")
REQUIRED_TEXT = Member(is_text, TEXT.sentence, required=True)
# In HTTP Basic a colon ends it; of SMTP's user and password only ASCII can be sent.
USER = Member(matches(r"[^:]+"), "A text without a colon is expected.", required=True)
ASCII = Member(is_ascii, "A text of ASCII characters is expected.")
URL = Member(is_url, "An address that begins with https:// or http:// is expected, without query and password.")
REQUIRED_URL = Member(URL.fits, URL.sentence, required=True)
HOST = Member(is_host, "The name of a machine is expected, without a port.")
TIMEOUT = Member(is_within(SECONDS), "Whole seconds from 1 to 120 are expected.", default=30)
SHORT_TIMEOUT = Member(TIMEOUT.fits, TIMEOUT.sentence, default=10)
ESCAPE_FORMULAS = Member(lambda value: isinstance(value, bool), "true or false is expected.", default=True)
CONCURRENCY = Member(is_within(AT_ONCE), "A whole number from 1 to 32 is expected.", default=8)
BUCKET = Member(
    matches(r"[a-zA-Z0-9._-]{3,255}|arn:[a-zA-Z0-9:/_-]{10,250}"), "The name of a bucket is expected.", required=True
)
REGION = Member(matches(r"[a-z0-9-]{1,63}"), "The name of a region is expected.")
FOLDER = Member(is_folder, "A place in the bucket is expected.")
MAILBOX = Member(_mailbox, "A mail address is expected.")


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
            "bucket": BUCKET,
            "prefix": FOLDER,
            "region": REGION,
            "endpoint_url": URL,
            "timeout_seconds": TIMEOUT,
            "escape_formulas": ESCAPE_FORMULAS,
        },
        optional_secrets=frozenset({"access_key", "secret_key"}),
    ),
    DestinationKind.AIRSHIP: Shape(
        {
            "url": Member(URL.fits, URL.sentence, default="https://go.airship.com"),
            "app_key": USER,
            "identifier_type": Member(
                matches(r"[a-z][a-z0-9_]*"), "A type such as named_user is expected.", default="named_user"
            ),
            "identifier": Member(is_text, TEXT.sentence, default="external_id"),
            "timeout_seconds": TIMEOUT,
        },
        frozenset({"master_secret"}),
    ),
    DestinationKind.CHEETAH: Shape(
        {"url": REQUIRED_URL, "list_id": REQUIRED_TEXT, "user": USER, "timeout_seconds": TIMEOUT},
        frozenset({"password"}),
    ),
    DestinationKind.FACEBOOK: Shape(
        {
            "url": Member(URL.fits, URL.sentence, default="https://graph.facebook.com"),
            "version": Member(matches(r"v\d{1,3}\.\d{1,2}"), "A version such as v23.0 is expected.", default="v23.0"),
            "audience_id": Member(
                matches(r"[0-9]{1,30}"), "The number of a custom audience is expected.", required=True
            ),
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
            "from_address": Member(MAILBOX.fits, MAILBOX.sentence, required=True),
            "reply_to": MAILBOX,
            "address_attribute": Member(is_text, TEXT.sentence, default="email"),
            "provider": Member(one_of(PROVIDERS), f"One of {', '.join(sorted(PROVIDERS))} is expected."),
            "sender_domain": HOST,
            "provider_url": URL,
            "host": HOST,
            "port": Member(is_within(PORTS), "A port is expected.", default=587),
            "encryption": Member(
                one_of(frozenset({"none", "starttls", "tls"})),
                "none, starttls or tls is expected.",
                default="starttls",
            ),
            "user": ASCII,
            "concurrency": Member(CONCURRENCY.fits, CONCURRENCY.sentence, default=4),
            "timeout_seconds": TIMEOUT,
        },
        optional_secrets=frozenset({"password", "api_key"}),
    ),
    DestinationKind.PUSH: SIGNED,
    DestinationKind.WEBHOOK: SIGNED,
}
# Secrets that make sense only together.
TOGETHER: Mapping[str, tuple[str, ...]] = {DestinationKind.S3: ("access_key", "secret_key")}
# Settings that nobody would look at without another one, or beside another one.
NEEDED: Mapping[str, str] = {
    **dict.fromkeys(("port", "encryption", "user"), "host"),
    **dict.fromkeys(("provider_url", "sender_domain"), "provider"),
}
INSTEAD: Mapping[str, str] = {"host": "provider"}
# Secrets that no header holds, so that they may be in any script.
ANY_SCRIPT = frozenset({"signing_secret", "password"})


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
    if kind == DestinationKind.EMAIL:
        wrong += _of_no_use(settings)
    problems = {"settings": wrong, "secrets": _problems_of_secrets(kind, settings, secrets)}
    return {name: sentences for name, sentences in problems.items() if sentences}


def _of_no_use(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, other in NEEDED.items():
        if name in settings and other not in settings:
            yield f"{name}: without {other} it is of no use."
    for name, other in INSTEAD.items():
        if name in settings and other in settings:
            yield f"{name}: beside {other} it is of no use."


def _problems_of_secrets(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[str]:
    shape = SHAPES[kind]
    wrong = [f"{name}: {kind} knows no such secret." for name in sorted(secrets.keys() - shape.secrets)]
    for name, value in sorted(secrets.items()):
        is_header = name not in ANY_SCRIPT or kind == DestinationKind.EMAIL
        if not is_text(value):
            wrong.append(f"{name}: A text is expected, without spaces around it.")
        elif is_header and not is_ascii(value):
            wrong.append(f"{name}: {ASCII.sentence}")
        elif name == "signing_secret" and not is_signing_secret(value):
            wrong.append(f"{name}: what begins with whsec_ goes on in Base64.")
    needed = set(shape.required_secrets)
    if kind == DestinationKind.EMAIL:
        needed |= {"api_key"} if "provider" in settings else {"password"} if "user" in settings else set()
    together = set(TOGETHER.get(kind, ()))
    if together & secrets.keys():
        needed |= together
    return wrong + [f"{name}: this secret is required." for name in sorted(needed - secrets.keys())]


def unknown_names(kind: str, settings: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    """What is wrong with the attributes that settings, or their defaults, name: `known` are the schema's fields."""
    wrong = []
    for member in sorted(NAMING_ATTRIBUTES & SHAPES[kind].members.keys()):
        value = settings.get(member, SHAPES[kind].members[member].default)
        own = frozenset() if member == "address_attribute" else OWN_NAMES
        named = value.values() if isinstance(value, dict) else [value]
        wrong += [f'{member}: the schema has no field "{name}".' for name in named if name not in known | own]
    return wrong
