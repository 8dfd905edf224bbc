"""EDN's equality, which is not Python's, and the collections that need it.

To Python ``1 == True == 1.0 == Decimal(1)`` and a character equals the string of its text; to EDN all are different.
Python's own dictionaries would therefore lose members of ``#{1 true 1.0}``. They would also take quadratic time on
numbers chosen to collide, since only the hashes of text are salted. So a collection of anything but text and names is
keyed by a text that says the member's value, its *identity*: equal texts are equal EDN, and their hashes are salted.
"""

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

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


class ExactMap(ImmutableDict):  # type: ignore[misc]  # untyped, see values
    """An immutable map told apart by EDN's equality: ``{1 :a, true :b}`` has two entries.

    A ``Mapping`` and an ``ImmutableDict``. Of equal keys the last wins. It equals any mapping of the same EDN value.
    """

    __slots__ = ("_entries", "_identity")
    _entries: dict[str, tuple[Any, Any]]
    _identity: str | None

    def __init__(self, entries: Iterable[tuple[Any, Any]]) -> None:
        """Take pairs of key and value."""
        self._entries = {identity(key): (key, value) for key, value in entries}
        self._identity = None

    @property
    def identity(self) -> str:
        """Return the text that stands for this map's value."""
        if self._identity is None:
            pairs = (_pair(key, value) for key, (_, value) in self._entries.items())
            self._identity = _digest("M", sorted(pairs))
        return self._identity

    def __getitem__(self, key: object) -> Any:  # a map holds any value
        """Return the value of an EDN-equal key, or raise ``KeyError``."""
        return self._entries[identity(key)][1]

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the keys, in the document's order."""
        return (key for key, _ in self._entries.values())

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    def __repr__(self) -> str:
        """Show the entries."""
        return f"ExactMap({list(self._entries.values())!r})"

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is a mapping of the same EDN value."""
        return isinstance(other, Mapping) and self.identity == identity(other)

    def __hash__(self) -> int:
        """Return the hash of an ``ImmutableDict`` of these entries."""
        return ItemsView(self)._hash()  # noqa: SLF001  # the documented way to hash like frozenset


class ExactSet(AbstractSet[Any]):
    """An immutable set told apart by EDN's equality: ``#{1 true 1.0}`` has three members.

    A ``collections.abc.Set``; it equals any set, ``frozenset`` included, of the same EDN value.
    """

    __slots__ = ("_identity", "_members")
    _members: dict[str, Any]
    _identity: str | None

    def __init__(self, members: Iterable[Any] = ()) -> None:
        """Take the members; of equal ones the last stays."""
        self._members = {identity(member): member for member in members}
        self._identity = None

    @property
    def identity(self) -> str:
        """Return the text that stands for this set's value."""
        if self._identity is None:
            self._identity = _digest("S", sorted(self._members))
        return self._identity

    def __contains__(self, member: object) -> bool:
        """Tell whether an EDN-equal member is there."""
        return identity(member) in self._members

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the members, in the document's order."""
        return iter(self._members.values())

    def __len__(self) -> int:
        """Count the members."""
        return len(self._members)

    def __repr__(self) -> str:
        """Show the members."""
        return f"ExactSet({list(self._members.values())!r})"

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is a set of the same EDN value."""
        return isinstance(other, AbstractSet) and self.identity == identity(other)

    def __hash__(self) -> int:
        """Return the hash of a ``frozenset`` of these members."""
        return self._hash()


def identity(value: object) -> str:
    """Return a text that two values share exactly if they are equal in EDN.

    Lists equal vectors, as the specification has it; ``1.0M`` equals ``1.00M`` and ``0.0`` equals ``-0.0``, since no
    Python value could keep them apart. A value that is not of the model is equal only to itself.
    """
    of_type = _IDENTITIES.get(type(value))
    if of_type is not None:
        return of_type(value)
    for base, of_base in _FAMILIES:
        if isinstance(value, base):
            return of_base(value)
    return f"?{type(value).__qualname__} at {id(value)}"


def _digest(kind: str, parts: Iterable[str]) -> str:
    # A digest, so that nesting does not copy megabytes at every level. Lengths keep the parts apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return kind + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def _of_float(value: float) -> str:
    return f"f{value or 0.0!r}"


def _of_decimal(value: Decimal) -> str:
    if not value:
        return "d0"
    if not value.is_finite():
        return f"d{value}"
    sign, digits, exponent = value.as_tuple()
    coefficient = "".join(map(str, digits)).lstrip("0")
    significant = coefficient.rstrip("0")
    return f"d{sign}{significant}e{int(exponent) + len(coefficient) - len(significant)}"


def _of_datetime(value: datetime) -> str:
    return f"t{value.astimezone(UTC).isoformat()}" if value.utcoffset() is not None else f"n{value.isoformat()}"


def _of_sequence(value: Sequence[object]) -> str:
    return _digest("Q", map(identity, value))


def _of_set(value: AbstractSet[Any]) -> str:
    return _digest("S", sorted(map(identity, value)))


def _of_map(value: Mapping[Any, object]) -> str:
    return _digest("M", sorted(_pair(identity(key), item) for key, item in value.items()))


def _pair(key: str, value: object) -> str:
    return f"{len(key)}:{key}{identity(value)}"


def _of_exact(value: ExactMap | ExactSet) -> str:
    return value.identity


def _of_tagged(value: Tagged) -> str:
    return _digest("G", (value.tag, identity(value.value)))


_IDENTITIES: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "nil",
    bool: lambda value: "true" if value else "false",
    int: lambda value: f"i{value:x}",
    float: _of_float,
    Decimal: _of_decimal,
    str: lambda value: "s" + value,
    Char: lambda value: "c" + value,
    Keyword: lambda value: "k" + value.name,
    Symbol: lambda value: "y" + value.name,
    UUID: lambda value: f"u{value.hex}",
    datetime: _of_datetime,
    Tagged: _of_tagged,
    ImmutableList: _of_sequence,
    ListForm: _of_sequence,
    ImmutableDict: _of_map,
    frozenset: _of_set,
    ExactMap: _of_exact,
    ExactSet: _of_exact,
}

# For look-ups and comparisons with values that were not read: edn-format's own, plain Python's, and their subclasses.
_FAMILIES: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (FormatKeyword, _IDENTITIES[Keyword]),
    (FormatSymbol, _IDENTITIES[Symbol]),
    (str, lambda value: "s" + value),
    (int, _IDENTITIES[int]),
    (float, _of_float),
    (datetime, _of_datetime),
    (UUID, _IDENTITIES[UUID]),
    ((tuple, list), _of_sequence),
    (Mapping, _of_map),
    (AbstractSet, _of_set),
)
