"""A strict JSON reader: ambiguous, lossy or too deep documents are refused."""

import json
from decimal import Decimal
from typing import Any, NoReturn

MAXIMUM_DEPTH = 64
# As in EDN: far beyond any float, far below what would slow arithmetic down.
MAXIMUM_EXPONENT = 6_144


class JSONError(ValueError):
    """The text is not a JSON document, or not one that can be read without loss; says why."""


def read_json(body: bytes) -> Any:
    """The document; fractions as Decimal. JSONError for duplicate keys, NaN, lone surrogates, trailing data, depth."""
    try:
        text = body.decode("utf-8-sig")
        document = DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise JSONError("the body is not UTF-8") from error
    except RecursionError as error:
        raise JSONError(f"deeper than {MAXIMUM_DEPTH} levels") from error
    except (json.JSONDecodeError, JSONError) as error:
        raise JSONError(str(error)) from error
    except ValueError as error:
        raise JSONError("an integer of too many digits") from error
    refuse_unstorable(text, document)
    return document


def refuse_unstorable(text: str, document: object) -> None:
    """JSONError for what other JSON readers accept but can't be stored or sent back: depth, lone surrogates."""
    # A document deeper than the limit has more opening brackets than that.
    if text.count("[") + text.count("{") > MAXIMUM_DEPTH:
        _refuse_depth(document)
    # A lone surrogate can only come from an escape.
    if "\\u" in text:
        _refuse_surrogates(document)


def holds_nul(value: object) -> bool:
    """Whether a document contains the character NUL, which PostgreSQL's text can't."""
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(holds_nul, value))
    return isinstance(value, str) and "\x00" in value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise JSONError(f"the key {name!r} stands twice in an object")
            seen.add(name)
    return document


def _fraction(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise JSONError("a number out of range") from error
    if abs(value.adjusted()) > MAXIMUM_EXPONENT:
        raise JSONError("a number out of range")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise JSONError(f"{name} is no JSON value")


DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_refuse_constant, parse_float=_fraction)


def _children(value: object) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _refuse_depth(document: object) -> None:
    level, depth = [document], 0
    while level:
        depth += any(isinstance(value, dict | list) for value in level)
        if depth > MAXIMUM_DEPTH:
            raise JSONError(f"deeper than {MAXIMUM_DEPTH} levels")
        level = [child for value in level for child in _children(value)]


def _refuse_surrogates(document: object) -> None:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise JSONError("half of a surrogate pair is no character") from error
        waiting.extend(_children(value))
