"""Writing: one line of EDN that ``read`` reads back into an equal value, and that names cannot break out of."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from traces.wire.edn.errors import EdnError
from traces.wire.edn.identity import ExactMap, ExactSet
from traces.wire.edn.instants import instant_text
from traces.wire.edn.names import keyword_text, symbol_name, tag_name
from traces.wire.edn.numerals import decimal_text, float_text, integer_text
from traces.wire.edn.texts import character_text, string_text
from traces.wire.edn.values import (
    Char,
    FormatKeyword,
    FormatSymbol,
    ImmutableDict,
    ImmutableList,
    Keyword,
    ListForm,
    Symbol,
    Tagged,
)

#: How deep collections and tags may nest; also what ends a list that holds itself.
MAX_DEPTH = 64

# Their text makes a value of another type when read, so only that type writes it.
_BUILT_IN_TAGS = frozenset({"inst", "uuid"})
# What a tampered or foreign value can raise: a time zone without an offset, a dictionary changed while it is written.
_FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def write(value: object) -> str:
    """Write a value as one line of EDN, with one space between forms.

    Takes all that ``read`` gives, edn-format's own types and plain Python: ``list`` and ``tuple`` become vectors (a
    list is a ``ListForm``), ``dict`` a map whose ``str`` keys stay strings, ``set`` a set, an aware ``datetime`` an
    ``#inst`` in UTC, ``Decimal`` a number with ``M``. Subclasses are written as what they extend.

    Raises ``EdnError``, and nothing else: for other types, a naive datetime, an infinity, a keyword, symbol or tag of
    no legal name, half of a surrogate pair, over 64 levels.
    """
    try:
        return _text(value, MAX_DEPTH)
    except EdnError:
        raise
    except _FAILURES as error:
        raise EdnError(f"a {type(value).__name__} that cannot be written") from error


def _text(value: object, depth: int) -> str:
    leaf = _LEAVES.get(type(value))
    return _branch_text(value, depth) if leaf is None else leaf(value)


def _branch_text(value: object, depth: int) -> str:
    branch = _BRANCHES.get(type(value))
    if branch is None:
        return _inherited_text(value, depth)
    if not depth:
        raise EdnError(f"deeper than {MAX_DEPTH} levels")
    return branch(value, depth - 1)


def _inherited_text(value: object, depth: int) -> str:
    for base in type(value).__mro__:
        if base in _LEAVES:
            return _LEAVES[base](value)
        if base in _BRANCHES and depth:
            return _BRANCHES[base](value, depth - 1)
    raise EdnError(f"EDN has no form for a {type(value).__name__}, or it is deeper than {MAX_DEPTH} levels")


def _joined(items: Iterable[object], depth: int) -> str:
    leaf_of = _LEAVES.get
    texts = []
    for item in items:
        leaf = leaf_of(type(item))
        texts.append(_branch_text(item, depth) if leaf is None else leaf(item))
    return " ".join(texts)


def _map_text(value: dict[object, object], depth: int) -> str:
    return f"{{{_joined(chain.from_iterable(value.items()), depth)}}}"


def _immutable_map_text(value: ImmutableDict, depth: int) -> str:
    # Its own items() looks each key up again.
    return f"{{{_joined(chain.from_iterable(value.dict.items()), depth)}}}"


def _set_text(value: Iterable[object], depth: int) -> str:
    return f"#{{{_joined(value, depth)}}}"


def _vector_text(value: Iterable[object], depth: int) -> str:
    return f"[{_joined(value, depth)}]"


def _immutable_vector_text(value: ImmutableList, depth: int) -> str:
    # Its own iteration costs a Python call for each item.
    return f"[{_joined(value._list, depth)}]"  # noqa: SLF001 - its iterator is slow, see above


def _list_text(value: Iterable[object], depth: int) -> str:
    return f"({_joined(value, depth)})"


def _keyword_text(value: Keyword) -> str:
    text = value.text
    if text is None:
        text = value.text = keyword_text(value.name)
    return text


def _tagged_text(value: Tagged, depth: int) -> str:
    if value.tag in _BUILT_IN_TAGS:
        raise EdnError(f"#{value.tag} is written from a datetime or a UUID")
    return f"#{tag_name('#' + value.tag)} {_text(value.value, depth)}"


_LEAVES: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "nil",
    bool: lambda value: "true" if value else "false",
    str: string_text,
    Char: character_text,
    int: integer_text,
    float: float_text,
    Decimal: decimal_text,
    datetime: instant_text,
    UUID: lambda value: f'#uuid "{UUID.__str__(value)}"',
    Keyword: _keyword_text,
    FormatKeyword: lambda value: keyword_text(value.name),
    Symbol: lambda value: symbol_name(value.name),
    FormatSymbol: lambda value: symbol_name(value.name),
}
_BRANCHES: dict[type, Callable[[Any, int], str]] = {
    Tagged: _tagged_text,
    list: _vector_text,
    tuple: _vector_text,
    ImmutableList: _immutable_vector_text,
    ListForm: _list_text,
    dict: _map_text,
    ExactMap: _map_text,
    ImmutableDict: _immutable_map_text,
    set: _set_text,
    frozenset: _set_text,
    ExactSet: _set_text,
}
