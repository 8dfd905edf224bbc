"""What each kind of destination must and may be told: the members of its settings and the names of its secrets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import models

from campaigns.models.mailbox import read_mailbox
from campaigns.models.setting_checks import (
    SCHEME,
    is_ascii,
    is_bucket,
    is_folder,
    is_host,
    is_signing_secret,
    is_text,
    is_url,
    is_within,
    matches,
    one_of,
    trouble_of_bucket,
    trouble_of_credential,
    trouble_of_text,
    trouble_of_url,
    trouble_of_value,
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
    """One member of a kind's settings; `sentence` says what is expected, `trouble` what is wrong where it can tell."""

    is_valid: Callable[[object], bool]
    sentence: str
    required: bool = False
    default: Any = None
    trouble: Callable[[object], str] = trouble_of_text

    def told(self, value: object) -> str:
        """The sentence about a value that doesn't fit."""
        return self.trouble(value) or self.sentence


TEXT = Member(is_text, "A text is expected.")
REQUIRED_TEXT = Member(is_text, TEXT.sentence, required=True)
# In HTTP Basic a colon ends it; of SMTP's user and password only ASCII can be sent.
USER = Member(matches(r"[^:]+"), "A text without a colon is expected.", required=True)
KEY = replace(USER, is_valid=matches(r"[^:\s]+"), sentence="A text without colons and spaces is expected.")
ASCII = Member(is_ascii, "A text of ASCII characters is expected.")
URL = Member(is_url, "An address is expected.", trouble=trouble_of_url)
REQUIRED_URL = replace(URL, required=True)
HOST = Member(is_host, "The name of a machine is expected, without a port.")
TIMEOUT = Member(is_within(SECONDS), "Whole seconds from 1 to 120 are expected.", default=30, trouble=trouble_of_value)
SHORT_TIMEOUT = replace(TIMEOUT, default=10)
ESCAPE_FORMULAS = Member(
    lambda value: isinstance(value, bool), "true or false is expected.", default=True, trouble=trouble_of_value
)
CONCURRENCY = Member(
    is_within(AT_ONCE), "A whole number from 1 to 32 is expected.", default=8, trouble=trouble_of_value
)
BUCKET = Member(is_bucket, "The name of a bucket is expected.", required=True, trouble=trouble_of_bucket)
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
            "url": replace(URL, default="https://go.airship.com"),
            "app_key": KEY,
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
            "url": replace(URL, default="https://graph.facebook.com"),
            "version": Member(matches(r"v\d{1,3}\.\d{1,2}"), "A version such as v23.0 is expected.", default="v23.0"),
            "audience_id": Member(
                matches(r"[0-9]{1,30}"), "The number of a custom audience is expected, of digits alone.", required=True
            ),
            "columns": Member(
                _columns,
                f"Attributes by identifier are expected; identifiers are {', '.join(sorted(FACEBOOK_KEYS))}.",
                default={"EXTERN_ID": "external_id", "EMAIL": "email"},
                trouble=lambda _: "",
            ),
            "timeout_seconds": TIMEOUT,
        },
        frozenset({"access_token"}),
    ),
    DestinationKind.EMAIL: Shape(
        {
            "from_address": replace(MAILBOX, required=True),
            "reply_to": MAILBOX,
            "address_attribute": Member(is_text, TEXT.sentence, default="email"),
            "provider": Member(one_of(PROVIDERS), f"One of {', '.join(sorted(PROVIDERS))} is expected."),
            "sender_domain": HOST,
            "provider_url": URL,
            "host": HOST,
            "port": Member(
                is_within(PORTS), "A number from 1 to 65535 is expected.", default=587, trouble=trouble_of_value
            ),
            "encryption": Member(
                one_of(frozenset({"none", "starttls", "tls"})),
                "none, starttls or tls is expected.",
                default="starttls",
            ),
            "user": ASCII,
            "concurrency": replace(CONCURRENCY, default=4),
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
# Secrets that people think of; all others are issued by machines.
OF_PEOPLE = frozenset({"signing_secret", "password"})


def problems_of_settings(kind: str, settings: object, secrets: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the settings and the secrets of a kind: sentences under `settings` and `secrets`."""
    shape = SHAPES[kind]
    if not isinstance(settings, dict):
        return {"settings": ["An object is expected."]}
    wrong = [f"{name}: {kind} knows no such setting." for name in sorted(settings.keys() - shape.members.keys())]
    for name, member in shape.members.items():
        if name not in settings:
            wrong += [f"{name}: this setting is required."] if member.required else []
        elif not member.is_valid(settings[name]):
            wrong.append(f"{name}: {member.told(settings[name])}")
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


def _problems_of_secrets(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> list[str]:
    shape = SHAPES[kind]
    wrong = [f"{name}: {kind} knows no such secret." for name in sorted(secrets.keys() - shape.secrets)]
    for name, value in sorted(secrets.items()):
        trouble = trouble_of_text(value) or _trouble_of_secret(kind, name, value)
        wrong += [f"{name}: {trouble}"] if trouble else []
    needed = set(shape.required_secrets)
    if kind == DestinationKind.EMAIL:
        needed |= {"api_key"} if "provider" in settings else {"password"} if "user" in settings else set()
    together = set(TOGETHER.get(kind, ()))
    if together & secrets.keys():
        needed |= together
    return wrong + [f"{name}: this secret is required." for name in sorted(needed - secrets.keys())]


def _trouble_of_secret(kind: str, name: str, secret: str) -> str:
    """What is wrong with a secret that is a text; of SMTP's password only ASCII can be sent."""
    if name not in OF_PEOPLE or (SCHEME.match(secret) and (kind, name) == (DestinationKind.CHEETAH, "password")):
        return trouble_of_credential(secret)
    if name == "signing_secret":
        return "" if is_signing_secret(secret) else "What begins with whsec_ goes on in Base64."
    return ASCII.sentence if kind == DestinationKind.EMAIL and not is_ascii(secret) else ""


def unknown_names(kind: str, settings: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    """What is wrong with the attributes that settings, or their defaults, name: `known` are the schema's fields."""
    wrong = []
    for member in sorted(NAMING_ATTRIBUTES & SHAPES[kind].members.keys()):
        value = settings.get(member, SHAPES[kind].members[member].default)
        own = frozenset() if member == "address_attribute" else OWN_NAMES
        named = value.values() if isinstance(value, dict) else [value]
        wrong += [f'{member}: the schema has no field "{name}".' for name in named if name not in known | own]
    return wrong
