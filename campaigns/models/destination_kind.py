"""What a destination of a kind takes: the members of its settings, and its secrets.

The kinds are declared by the channels that serve them (`campaigns.delivery.channels`), which register them here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from campaigns.models.setting_checks import (
    is_ascii,
    is_text,
    is_url,
    is_within,
    matches,
    trouble_of_credential,
    trouble_of_signing_secret,
    trouble_of_text,
    trouble_of_url,
    trouble_of_value,
)

SECONDS = range(1, 121)
AT_ONCE = range(1, 33)
# What every customer has without a field of the schema.
OWN_NAMES = frozenset({"external_id", "user_id"})

# What the settings that say where something goes are called.
ADDRESSES = frozenset({"url", "endpoint_url", "provider", "provider_url", "host", "port", "encryption"})

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Member:
    """One member of a kind's settings; `sentence` says what is expected, `trouble` what is wrong if it can tell.

    `names_attributes`: its value, or each value of it, names an attribute of customers, or one of `other_names`.
    """

    is_valid: Callable[[object], bool]
    sentence: str
    required: bool = False
    default: Any = None
    trouble: Callable[[object], str] = trouble_of_text
    names_attributes: bool = False
    other_names: frozenset[str] = OWN_NAMES

    def told(self, value: object) -> str:
        """The sentence about a value that is not valid."""
        return self.trouble(value) or self.sentence

    def names_in(self, settings: Settings, member: str) -> Collection[str]:
        """The attributes that the settings, or else the default, name; `member` is its own name."""
        value = settings.get(member, self.default)
        return value.values() if isinstance(value, dict) else [value]


@dataclass(frozen=True)
class Secret:
    """One secret of a kind; `trouble` says what is wrong with a text as its value, empty if nothing is."""

    required: bool = False
    trouble: Callable[[str], str] = trouble_of_credential


TEXT = Member(is_text, "A text is expected.")
REQUIRED_TEXT = replace(TEXT, required=True)
ATTRIBUTE = replace(TEXT, names_attributes=True)
# In HTTP Basic a colon ends it.
USER = Member(matches(r"[^:]+"), "A text without a colon is expected.", required=True)
KEY = replace(USER, is_valid=matches(r"[^:\s]+"), sentence="A text without colons and spaces is expected.")
ASCII = Member(is_ascii, "A text of ASCII characters is expected.")
URL = Member(is_url, "An address is expected.", trouble=trouble_of_url)
REQUIRED_URL = replace(URL, required=True)
TIMEOUT = Member(is_within(SECONDS), "Whole seconds from 1 to 120 are expected.", default=30, trouble=trouble_of_value)
SHORT_TIMEOUT = replace(TIMEOUT, default=10)
ESCAPE_FORMULAS = Member(
    lambda value: isinstance(value, bool), "true or false is expected.", default=True, trouble=trouble_of_value
)
CONCURRENCY = Member(
    is_within(AT_ONCE), "A whole number from 1 to 32 is expected.", default=8, trouble=trouble_of_value
)
# What posts signed requests takes.
SIGNED_SETTINGS = {"url": REQUIRED_URL, "timeout_seconds": SHORT_TIMEOUT, "concurrency": CONCURRENCY}
SIGNED_SECRETS = {"signing_secret": Secret(required=True, trouble=trouble_of_signing_secret)}


def _nothing(_settings: Settings, _secrets: Collection[str] = ()) -> Collection[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class DestinationKind:
    """A kind of destination: its settings and its secrets, and what concerns several of them at once.

    `conflicts` gives a sentence for each setting that has no effect beside the others, `further_secrets` the secrets
    that these settings, or the secrets that are there, make necessary. `leads_secrets` names the settings that decide
    to whom the secrets are handed.
    """

    name: str
    label: str
    members: Mapping[str, Member]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    conflicts: Callable[[Settings], Collection[str]] = _nothing
    further_secrets: Callable[[Settings, Collection[str]], Collection[str]] = _nothing
    leads_secrets: frozenset[str] = ADDRESSES

    @property
    def naming_members(self) -> Mapping[str, Member]:
        """The members of settings that name attributes of customers."""
        return {name: self.members[name] for name in sorted(self.members) if self.members[name].names_attributes}


# By their names, in the order in which operators are shown them.
KINDS: dict[str, DestinationKind] = {}


def kind_choices() -> list[tuple[str, str]]:
    """The kinds as choices of a field."""
    return [(kind.name, kind.label) for kind in KINDS.values()]


def problems_of_settings(kind: str, settings: object, secrets: Mapping[str, object]) -> dict[str, list[str]]:
    """What is wrong with the settings and the secrets of a kind: sentences under `settings` and `secrets`."""
    declared = KINDS[kind]
    if not isinstance(settings, dict):
        return {"settings": ["An object is expected."]}
    wrong = [f"{name}: {kind} knows no such setting." for name in sorted(settings.keys() - declared.members.keys())]
    for name, member in declared.members.items():
        if name not in settings:
            wrong += [f"{name}: this setting is required."] if member.required else []
        elif not member.is_valid(settings[name]):
            wrong.append(f"{name}: {member.told(settings[name])}")
    wrong += declared.conflicts(settings)
    problems = {"settings": wrong, "secrets": _problems_of_secrets(declared, settings, secrets)}
    return {name: sentences for name, sentences in problems.items() if sentences}


def _problems_of_secrets(kind: DestinationKind, settings: Settings, secrets: Mapping[str, object]) -> list[str]:
    wrong = [f"{name}: {kind.name} knows no such secret." for name in sorted(secrets.keys() - kind.secrets.keys())]
    for name, value in sorted(secrets.items()):
        trouble = trouble_of_text(value) or kind.secrets.get(name, Secret()).trouble(str(value))
        wrong += [f"{name}: {trouble}"] if trouble else []
    needed = {name for name, secret in kind.secrets.items() if secret.required}
    needed |= set(kind.further_secrets(settings, secrets.keys()))
    return wrong + [f"{name}: this secret is required." for name in sorted(needed - secrets.keys())]


def unknown_names(kind: str, settings: Settings, known: frozenset[str]) -> list[str]:
    """What is wrong with the attributes that settings, or their defaults, name: `known` are the schema's fields."""
    return list(_unknown_names(KINDS[kind], settings, known))


def _unknown_names(kind: DestinationKind, settings: Settings, known: frozenset[str]) -> Iterator[str]:
    for member, declared in kind.naming_members.items():
        for name in declared.names_in(settings, member):
            if name not in known | declared.other_names:
                yield f'{member}: the schema has no field "{name}".'
