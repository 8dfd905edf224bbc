"""The one exception of the domain: what went wrong, never how a dialect says it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum


class Kind(StrEnum):
    """The families of errors; each dialect has one table from kind to status and body."""

    NOT_FOUND = "not_found"
    INVALID = "invalid"
    MISSING = "missing"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"


class DomainError(Exception):
    """A rule of the domain said no.

    `kind` is the family, `code` the stable name of the rule, `fields` the offending attributes with a sentence each.
    """

    def __init__(
        self, kind: Kind, code: str, message: str, *, fields: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.fields = {name: list(sentences) for name, sentences in (fields or {}).items()}


def not_found(noun: str) -> DomainError:
    """The one answer for what doesn't exist and for what belongs to another organization."""
    return DomainError(Kind.NOT_FOUND, "not_found", f"{noun} not found.")


def invalid(**fields: str) -> DomainError:
    """One sentence for each attribute whose value breaks a rule."""
    return DomainError(
        Kind.INVALID,
        "validation",
        "Validation error.",
        fields={name: [sentence] for name, sentence in fields.items()},
    )
