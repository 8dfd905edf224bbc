"""Reading: one pass over the tokens with an explicit stack, so that nesting never meets Python's own limits."""

from collections.abc import Callable, Iterator
from operator import length_hint
from typing import Any, TypeVar

from traces.wire.edn.errors import EdnError, excerpt
from traces.wire.edn.identity import ExactMap, ExactSet
from traces.wire.edn.instants import instant, unique_identifier
from traces.wire.edn.names import CONSTANTS, keyword_name, symbol_name, tag_name
from traces.wire.edn.numerals import number
from traces.wire.edn.texts import character, string
from traces.wire.edn.tokens import decoded, place_of_token, tokenised
from traces.wire.edn.values import ImmutableDict, ImmutableList, Keyword, ListForm, Symbol, Tagged

#: The deepest nesting read whatever the caller asks: comparing, hashing and writing the result recurse in Python.
DEEPEST = 100

_REMEMBERED_NAMES = 4_096
_LONGEST_REMEMBERED = 64
_Name = TypeVar("_Name", Keyword, Symbol)
_UNKNOWN: Any = object()
_DISCARDED: Any = object()
_DISCARD = "#_"
# Lies under the prefixes of the form being read, so that the end of that form is noticed without a test at each token.
_ROOT = ""
_CLOSER_OF = {"(": ")", "[": "]", "{": "}", "#{": "}"}
_DIGITS = frozenset("0123456789")
_CLOSERS = frozenset(_CLOSER_OF.values())
# Types that Python and EDN compare alike, and whose hashes are salted or few.
_PLAIN = frozenset({str, Keyword, Symbol, bool, type(None)})
_BUILT_IN: dict[str, Callable[[object], object]] = {"#inst": instant, "#uuid": unique_identifier}


class _Atoms:
    """The tokens known at sight: constants, and the keywords and symbols met so far (bounded, then begun anew)."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = dict(CONSTANTS)

    def keyword(self, token: str) -> Keyword:
        return self._remembered(token, Keyword(keyword_name(token)))

    def symbol(self, token: str) -> Symbol:
        return self._remembered(token, Symbol(symbol_name(token)))

    def _remembered(self, token: str, name: _Name) -> _Name:
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self.known) >= _REMEMBERED_NAMES:
                self.known = dict(CONSTANTS)  # a new one, not cleared: other threads may be reading with the old
            self.known[token] = name
        return name


_atoms = _Atoms()


def read(text: bytes | str, *, max_size: int = 1_048_576, max_depth: int = 64, max_forms: int = 10_000) -> object:
    """Read the one form of an EDN document (https://github.com/edn-format/edn).

    Gives ``None``, ``bool``, ``str``, ``int``, ``float``, ``Decimal`` (``1.5M``), ``datetime`` in UTC (``#inst``),
    ``UUID``, ``Char``, ``Keyword``, ``Symbol``, ``ImmutableList`` (vector), ``ListForm`` (list, a tuple),
    ``ImmutableDict`` (map), ``frozenset`` and ``Tagged``. A map or set with a key or member that is not a string, name,
    boolean or nil is an ``ExactMap`` (an ``ImmutableDict``) or ``ExactSet`` (a ``collections.abc.Set``).

    Raises ``EdnError``, and nothing else, with line and column: for what is not EDN, for a second form, for more than
    ``max_size`` bytes, more than ``max_depth`` collections and prefixes one in another (never over 100), or more than
    ``max_forms`` leaves, collections, tags and discards.
    """
    source = decoded(text, max_size)
    tokens = tokenised(source, max_forms)
    remaining = iter(tokens)
    deepest = min(max_depth, DEEPEST)
    try:
        value = _form(remaining, deepest)
        _refuse_second_form(remaining, deepest)
    except EdnError as error:
        index = len(tokens) - length_hint(remaining) - 1
        raise EdnError(error.message, *place_of_token(source, index, error.offset)) from None
    return value


def _refuse_second_form(tokens: Iterator[str], max_depth: int) -> None:
    for token in tokens:
        if not token:
            return
        if token != _DISCARD:
            raise EdnError(f"{excerpt(token)} after the end of the document's form")
        _form(tokens, max_depth - 1)


def _form(tokens: Iterator[str], max_depth: int) -> object:  # noqa: C901 (the one hot loop: a call a token would cost more than it clears)
    known = _atoms.known.get
    opened: list[tuple[str, list[Any], list[str], int]] = []
    items: list[Any] = []
    opener, prefixes, depth = "", [_ROOT], -1
    for token in tokens:
        value = known(token, _UNKNOWN)
        if value is _UNKNOWN:
            if (first := token[:1]) == '"':
                value = string(token) if "\\" in token else token[1:-1]
            elif token in _CLOSER_OF:
                opened.append((opener, items, prefixes, depth))
                opener, items, prefixes, depth = token, [], [], _bounded(depth + len(prefixes) + 1, max_depth)
                continue
            elif first in _CLOSERS:
                value = _collection(opener, token, items, prefixes)
                opener, items, prefixes, depth = opened.pop()
            elif first == "#":
                prefixes.append(_prefix(token, depth + len(prefixes) + 1, max_depth))
                continue
            else:
                value = _leaf(token, opener == "{" and not prefixes and not len(items) & 1)
        if prefixes:
            value = _prefixed(value, prefixes)
            if value is _DISCARDED:
                continue
            if not opened:
                return value
        items.append(value)
    raise EdnError("the document has no end")


def _bounded(depth: int, max_depth: int) -> int:
    if depth > max_depth:
        raise EdnError(f"deeper than {max_depth} levels")
    return depth


def _prefix(token: str, depth: int, max_depth: int) -> str:
    if token != _DISCARD:
        tag_name(token)
    _bounded(depth, max_depth)
    return token


def _prefixed(value: object, prefixes: list[str]) -> object:
    while prefixes and prefixes[-1] != _ROOT:
        prefix = prefixes.pop()
        if prefix == _DISCARD:
            return _DISCARDED
        built_in = _BUILT_IN.get(prefix)
        value = Tagged(prefix[1:], value) if built_in is None else built_in(value)
    return value


def _leaf(token: str, is_key: bool) -> object:  # noqa: FBT001  # private, called in one place
    first = token[:1]
    if first == ":":
        # Clients write {:channel: :atm}; one colon too many is let through where only a map's key can be meant.
        return _atoms.keyword(token[:-1] if is_key and token[-1] == ":" else token)
    if not token:
        raise EdnError("the document ends where a form or a closing delimiter is missing")
    if first in _DIGITS or (first in "+-" and token[1:2] in _DIGITS):
        return number(token)
    if first == "\\":
        return character(token)
    return _atoms.symbol(token)


def _collection(opener: str, closer: str, items: list[Any], prefixes: list[str]) -> object:
    if _CLOSER_OF.get(opener) != closer:
        raise EdnError(f"{opener} is closed by {closer}" if opener else f"{closer} closes nothing")
    if prefixes:
        raise EdnError(f"{excerpt(prefixes[-1])} has no form to apply to")
    if opener == "{":
        return _map(items)
    if opener == "[":
        return ImmutableList(items, copy=False)
    return ListForm(items) if opener == "(" else _set(items)


def _map(items: list[Any]) -> object:
    if len(items) & 1:
        raise EdnError("a map with a key that has no value")
    keys = items[::2]
    pairs = zip(keys, items[1::2])  # noqa: B905  # as many of one as of the other: their count is even
    if _PLAIN.issuperset(map(type, keys)):
        entries = ImmutableDict(pairs)
        count = len(entries.dict)
    else:
        entries = ExactMap(pairs)
        count = len(entries)
    if count != len(keys):
        raise EdnError("a map with a key that comes twice")
    return entries


def _set(items: list[Any]) -> object:
    members = frozenset(items) if _PLAIN.issuperset(map(type, items)) else ExactSet(items)
    if len(members) != len(items):
        raise EdnError("a set with a member that comes twice")
    return members
