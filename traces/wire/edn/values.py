"""The values a document reads into: edn-format's own types, and the three it lacks.

Code written for edn-format keeps working on what this package reads: a keyword *is* an ``edn_format.Keyword``, a
vector an ``ImmutableList``, a map an ``ImmutableDict``, a character a ``Char``. Keywords and symbols are subclasses
that remember their hash, because edn-format's builds a dictionary and a frozenset each time it is asked.
"""

from typing import Any

# edn-format ships no types: this is the one module that imports it, and the reason for the ignores below.
from edn_format import Char, ImmutableDict, ImmutableList, TaggedElement
from edn_format import Keyword as FormatKeyword
from edn_format import Symbol as FormatSymbol

__all__ = [
    "Char",
    "FormatKeyword",
    "FormatSymbol",
    "ImmutableDict",
    "ImmutableList",
    "Keyword",
    "ListForm",
    "Symbol",
    "Tagged",
]


class _Hashed:
    """Remembers its hash, which edn-format's class, that comes after it, works out each time."""

    # Slots, not attributes: edn-format compares the whole ``__dict__``, which must hold what its own holds.
    __slots__ = ("_hash",)
    name: str
    _hash: int

    def __hash__(self) -> int:
        """Return the hash that edn-format's keyword or symbol of this name has."""
        try:
            return self._hash
        except AttributeError:
            self._hash = hash_ = int(super().__hash__())
            return hash_

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """Pickle the name alone: another process salts its hashes otherwise."""
        return type(self), (self.name,)


class Keyword(_Hashed, FormatKeyword):  # type: ignore[misc]  # edn-format has no types
    """A keyword without its colon: ``Keyword("placeholder/name")``; equal to edn-format's and of the same hash."""

    __slots__ = ("text",)
    __hash__ = _Hashed.__hash__  # which a class that says what is equal would lose
    #: The checked text, colon and all; the writer puts it here when it first writes the keyword.
    text: str | None

    def __init__(self, name: str) -> None:
        """Take the name."""
        super().__init__(name)
        self.text = None

    def __eq__(self, other: object) -> bool:
        """Tell whether both are keywords of the same name."""
        return self is other or (isinstance(other, FormatKeyword) and self.name == other.name)


class Symbol(_Hashed, FormatSymbol):  # type: ignore[misc]  # edn-format has no types
    """A symbol: ``Symbol("ns/name")``; equal to edn-format's and of the same hash."""

    __slots__ = ()
    __hash__ = _Hashed.__hash__

    def __eq__(self, other: object) -> bool:
        """Tell whether both are symbols of the same name."""
        return self is other or (isinstance(other, FormatSymbol) and self.name == other.name)


class ListForm(tuple[Any, ...]):
    """A list, ``(a b)``: equal to the plain tuple edn-format gives, yet written with round brackets again.

    A plain tuple is written as a vector, as a Python list is; this type is how code asks for an EDN list.
    """

    __slots__ = ()


class Tagged(TaggedElement):  # type: ignore[misc]  # edn-format has no types
    """A tag this package does not know, with the value that follows it: ``#shop/coupon "X1"``."""

    __slots__ = ("tag", "value")
    tag: str
    value: object

    def __init__(self, tag: str, value: object) -> None:
        """Keep the tag without its ``#``, and the value."""
        self.tag = tag
        self.value = value

    def __eq__(self, other: object) -> bool:
        """Tell whether tag and value are equal."""
        return isinstance(other, Tagged) and self.tag == other.tag and self.value == other.value

    def __hash__(self) -> int:
        """Return a hash of tag and value."""
        return hash((self.tag, self.value))

    def __repr__(self) -> str:
        """Show tag and value."""
        return f"Tagged({self.tag!r}, {self.value!r})"

    __str__ = __repr__
