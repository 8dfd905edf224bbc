"""``#inst`` and ``#uuid``, the two tags the EDN specification builds in."""

import re
from datetime import UTC, datetime
from uuid import UUID

from traces.wire.edn.errors import EdnError, excerpt

# RFC 3339, section 5.6: a full date and time with its offset. Clojure prints nothing else.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-5][0-9])"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def instant(value: object) -> datetime:
    """Read the string of an ``#inst`` into an aware UTC datetime, or raise ``EdnError``.

    Digits after the microsecond are dropped: Python's datetime ends there.
    """
    if type(value) is not str or _INSTANT.fullmatch(value) is None:
        raise EdnError("#inst takes a string in RFC 3339 format, with its offset")
    try:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise EdnError(f"#inst {excerpt(value)} is no point in time") from None


def instant_text(value: datetime) -> str:
    """Write an aware datetime as Clojure prints one: UTC, milliseconds, microseconds when there are any.

    Raises ``EdnError`` for a naive datetime and for one that UTC puts outside the years 1 to 9999.
    """
    universal = value if value.tzinfo is UTC else _universal(value)
    precision = "microseconds" if universal.microsecond % 1000 else "milliseconds"
    return f'#inst "{universal.isoformat(timespec=precision).removesuffix("+00:00")}-00:00"'


def _universal(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise EdnError("a datetime without a time zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise EdnError("a datetime outside the years 1 to 9999 in UTC") from None


def unique_identifier(value: object) -> UUID:
    """Read the string of a ``#uuid`` in canonical form, or raise ``EdnError``."""
    if type(value) is not str or _UUID.fullmatch(value) is None:
        raise EdnError("#uuid takes a string in canonical form: 8-4-4-4-12 hexadecimal digits")
    return UUID(value)
