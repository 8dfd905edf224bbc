"""Answers in both formats, made from one value: a dict with kebab-case string keys."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpResponse

from traces.wire.edn import Keyword, write
from traces.wire.negotiation import Format

CONTENT_TYPES = {Format.EDN: "application/edn; charset=utf-8", Format.JSON: "application/json"}
# orjson would write `+00:00`; we write `Z`.
JSON_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME
_keywords: dict[str, Keyword] = {}


def keyword(name: str) -> Keyword:
    """The keyword of a name; cached without bound, because only names in our code come here."""
    if name not in _keywords:
        _keywords[name] = Keyword(name)
    return _keywords[name]


def render(value: dict[str, Any], response_format: Format, *, status: int = 200) -> HttpResponse:
    """One line of EDN whose map keys are keywords, or JSON with the same keys as strings.

    Keyword values become strings in JSON, UUIDs their text, instants `2020-08-12T17:45:48Z`.
    """
    return respond(rendered(value, response_format), response_format, status=status)


def rendered(value: object, response_format: Format) -> bytes:
    """The bytes of a value in a format; see `render`."""
    if response_format == Format.EDN:
        return write(_with_keywords(value)).encode()
    return orjson.dumps(value, _default, JSON_OPTIONS)


def respond(body: bytes, response_format: Format, *, status: int = 200) -> HttpResponse:
    """An answer whose body is already in its format."""
    return HttpResponse(body, status=status, content_type=CONTENT_TYPES[response_format], headers={"Vary": "Accept"})


def _with_keywords(value: object) -> Any:
    if isinstance(value, dict):
        return {keyword(key): _with_keywords(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_keywords(item) for item in value]
    return value


def _default(value: object) -> str:
    if isinstance(value, Keyword):
        return str(value.name)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"no JSON form for {type(value).__name__}")
