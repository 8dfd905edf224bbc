"""The one exception of the domain: what went wrong, never how a dialect says it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum


class ErrorKind(StrEnum):
    """The families of errors; each dialect has one table from kind to status and body."""

    NOT_FOUND = "not_found"
    INVALID = "invalid"
    MISSING = "missing"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    CONFLICT = "conflict"
    # What is there, but can't be had now.
    UNAVAILABLE = "unavailable"
    # What is over for good.
    CLOSED = "closed"
    LIMIT_EXCEEDED = "limit_exceeded"
    # Of the caller.
    UNAUTHENTICATED = "unauthenticated"
    PERMISSION_DENIED = "permission_denied"
    # Of the message that a caller sent, before anybody looks at what it asks for.
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    UNKNOWN_FORMAT = "unknown_format"
    NO_COMMON_FORMAT = "no_common_format"


class DomainError(Exception):
    """A rule of the domain said no.

    `kind` is the family, `code` the stable name of the rule, `fields` the offending attributes with a sentence each,
    `retry_after` the seconds after which the same may be asked for again.
    """

    def __init__(
        self,
        kind: ErrorKind,
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
    return DomainError(ErrorKind.NOT_FOUND, "not_found", f"{noun} not found.")


def invalid(**fields: str) -> DomainError:
    """One sentence for each attribute whose value breaks a rule."""
    return DomainError(
        ErrorKind.INVALID,
        "validation",
        "Validation error.",
        fields={name: [sentence] for name, sentence in fields.items()},
    )


def too_many(code: str, message: str, *, retry_after: int) -> DomainError:
    """A limit of one caller is exceeded; the same may be asked for again after `retry_after` seconds."""
    return DomainError(ErrorKind.LIMIT_EXCEEDED, code, message, retry_after=retry_after)


def body_too_large(limit: int) -> DomainError:
    """A request's body has more than `limit` bytes."""
    return DomainError(ErrorKind.TOO_LARGE, "body_too_large", f"A body may have {limit} bytes.")


class ErrorCollector:
    """Collects the errors of several rules, so that a caller hears of every wrong attribute at once.

    The error that is raised has the most severe kind collected: missing, then unknown attribute, then invalid.
    """

    SEVERITY = (ErrorKind.MISSING, ErrorKind.UNKNOWN_ATTRIBUTE, ErrorKind.INVALID)
    CODES: Mapping[ErrorKind, tuple[str, str]] = {
        ErrorKind.MISSING: ("missing_data", "Required attributes are missing."),
        ErrorKind.UNKNOWN_ATTRIBUTE: ("argument_error", "Unknown attributes or wrong arguments."),
        ErrorKind.INVALID: ("validation", "Validation error."),
    }

    def __init__(self) -> None:
        self.kinds: set[ErrorKind] = set()
        self.fields: dict[str, list[str]] = {}

    def add(self, name: str, sentence: str, kind: ErrorKind = ErrorKind.INVALID) -> None:
        """Note that an attribute breaks a rule."""
        self.kinds.add(kind)
        self.fields.setdefault(name, []).append(sentence)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Add what the block raises about attributes; other errors pass."""
        try:
            yield
        except DomainError as error:
            if error.kind not in self.SEVERITY:
                raise
            for name, sentences in error.fields.items():
                for sentence in sentences:
                    self.add(name, sentence, error.kind)

    def raise_if_any(self) -> None:
        """Raise one DomainError with all that was collected, if anything was."""
        for kind in self.SEVERITY:
            if kind in self.kinds:
                code, message = self.CODES[kind]
                raise DomainError(kind, code, message, fields=self.fields)
