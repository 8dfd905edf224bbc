"""The one exception of the domain: what went wrong, never how a dialect says it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    TOO_SLOW = "too_slow"
    MALFORMED = "malformed"
    CLOSED = "closed"
    GONE = "gone"
    UNSUPPORTED = "unsupported"
    NOT_ACCEPTABLE = "not_acceptable"
    TOO_MANY = "too_many"


class DomainError(Exception):
    """A rule of the domain said no.

    `kind` is the family, `code` the stable name of the rule, `fields` the offending attributes with a sentence each,
    `retry_after` the seconds after which the same may be asked for again.
    """

    def __init__(
        self,
        kind: Kind,
        code: str,
        message: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.fields = {name: list(sentences) for name, sentences in (fields or {}).items()}
        self.retry_after = retry_after


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


def too_many(code: str, message: str, *, retry_after: int) -> DomainError:
    """More of something, or more at a time, than is done for one caller; it may be asked for again after a while."""
    return DomainError(Kind.TOO_MANY, code, message, retry_after=retry_after)


class Refusals:
    """Gathers what several rules refuse, so that a caller hears of every offending attribute at once.

    The error is of the gravest kind gathered: something missing, then something unknown, then something wrong.
    """

    GRAVITY = (Kind.MISSING, Kind.UNKNOWN_ATTRIBUTE, Kind.INVALID)
    CODES: Mapping[Kind, tuple[str, str]] = {
        Kind.MISSING: ("missing_data", "Required attributes are missing."),
        Kind.UNKNOWN_ATTRIBUTE: ("argument_error", "Unknown attributes or wrong arguments."),
        Kind.INVALID: ("validation", "Validation error."),
    }

    def __init__(self) -> None:
        self.kinds: set[Kind] = set()
        self.fields: dict[str, list[str]] = {}

    def refuse(self, name: str, sentence: str, kind: Kind = Kind.INVALID) -> None:
        """An attribute breaks a rule."""
        self.kinds.add(kind)
        self.fields.setdefault(name, []).append(sentence)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Take what a rule raises about attributes; other errors pass."""
        try:
            yield
        except DomainError as error:
            if error.kind not in self.GRAVITY:
                raise
            for name, sentences in error.fields.items():
                for sentence in sentences:
                    self.refuse(name, sentence, error.kind)

    def raise_any(self) -> None:
        """Raise one DomainError with everything that was gathered, if anything was."""
        for kind in self.GRAVITY:
            if kind in self.kinds:
                code, message = self.CODES[kind]
                raise DomainError(kind, code, message, fields=self.fields)
