"""Request bodies: JSON with exact numbers."""

import json
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest

from customers.errors import DomainError, ErrorKind, body_too_large
from customers.strict_json import refuse_unstorable

# Ten thousand whole campaigns fit; the other dialects' bodies are smaller.
MAXIMUM_BODY = 4 * 1_048_576
MAXIMUM_ID = 2**63 - 1
LONGEST_INTEGER = 20


def read_json(request: HttpRequest) -> object:
    """The JSON of a body, None where the body is empty; fractions come as Decimal, never as floats.

    DomainError `body-too-large`, or `malformed-body` for what is not JSON, or holds half of a surrogate pair anywhere:
    all that this returns can be stored and echoed, except NUL, which can't be stored.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > MAXIMUM_BODY:
        raise body_too_large(MAXIMUM_BODY)
    body = raw_body(request)
    if not body.strip():
        return None
    try:
        text = body.decode("utf-8-sig")
        document: object = json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse)
        refuse_unstorable(text, document)
    except (ValueError, RecursionError) as error:
        raise DomainError(ErrorKind.UNREADABLE, "malformed-body", "The body is not JSON.") from error
    return document


def raw_body(request: HttpRequest) -> bytes:
    """The body's bytes; read past Django's own limit, which is that of the other dialects."""
    if not hasattr(request, "_body"):
        request._body = request.read(MAXIMUM_BODY)  # noqa: SLF001 - Django's own cache of the body
    return request.body


def read_id(value: object) -> int | None:
    """An id that came as a number or a string; 0, which no row has, for what can't be one; None for other types."""
    if isinstance(value, str):
        plausible = value.isascii() and value.isdecimal() and len(value) < LONGEST_INTEGER
        value = int(value) if plausible else 0
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 < value <= MAXIMUM_ID else 0
    return 0 if isinstance(value, Decimal) else None


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can keep a text of a body that was read: no NUL."""
    return "\x00" not in text


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        # An exponent that not even Decimal can hold; whatever it is for, it is out of range.
        return Decimal("Infinity")


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) < LONGEST_INTEGER else _decimal(text)


def _refuse(constant: str) -> None:
    raise ValueError(constant)
