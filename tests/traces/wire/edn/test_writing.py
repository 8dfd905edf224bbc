"""What each value is written as, and what is refused rather than written wrong."""

from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import edn_format
import pytest

from traces.wire.edn import (
    Char,
    EdnError,
    ExactMap,
    ExactSet,
    ImmutableDict,
    ImmutableList,
    Keyword,
    ListForm,
    Symbol,
    Tagged,
    read,
    write,
)


class _Point(NamedTuple):
    x: int
    y: int


class _Level(IntEnum):
    HIGH = 3


class _Colour(StrEnum):
    RED = "red"


class _Broken(tzinfo):
    def utcoffset(self, _moment: datetime | None) -> timedelta | None:
        raise LookupError


WRITTEN = [
    (None, "nil"),
    (True, "true"),
    (False, "false"),
    (-42, "-42"),
    (10**30, "1" + "0" * 30),
    (1.5, "1.5"),
    (1e300, "1e+300"),
    (Decimal("1.50"), "1.50M"),
    (Decimal("1e3"), "1E+3M"),
    ('a"\\\n\t\r\b\f\x00\x1fé😀', '"a\\"\\\\\\n\\t\\r\\b\\f\\u0000\\u001fé😀"'),
    (Char("a"), r"\a"),
    (Char("\n"), r"\newline"),
    (Char(" "), r"\space"),
    (Char(","), r"\u002C"),
    (Char("\x00"), r"\u0000"),
    (Char("("), r"\("),
    (Keyword("a/b"), ":a/b"),
    (edn_format.Keyword("a"), ":a"),
    (Symbol("a/b"), "a/b"),
    (edn_format.Symbol("a"), "a"),
    (UUID(int=1), '#uuid "00000000-0000-0000-0000-000000000001"'),
    (datetime(2020, 8, 12, 17, 45, 48, 123_000, tzinfo=UTC), '#inst "2020-08-12T17:45:48.123-00:00"'),
    (datetime(2020, 8, 12, 17, 45, 48, 123_456, tzinfo=UTC), '#inst "2020-08-12T17:45:48.123456-00:00"'),
    (datetime(2020, 8, 12, 1, tzinfo=timezone(timedelta(hours=2))), '#inst "2020-08-11T23:00:00.000-00:00"'),
    (datetime(1, 1, 1, tzinfo=UTC), '#inst "0001-01-01T00:00:00.000-00:00"'),
    ([1, "a"], '[1 "a"]'),
    ((1, [2]), "[1 [2]]"),
    (ImmutableList([1]), "[1]"),
    (ListForm([1, 2]), "(1 2)"),
    ([], "[]"),
    ({}, "{}"),
    (set(), "#{}"),
    ({Keyword("a"): 1, "b": {Keyword("c"): None}}, '{:a 1 "b" {:c nil}}'),
    (ImmutableDict({Keyword("a"): 1}), "{:a 1}"),
    (ExactMap([(1, "a"), (True, "b")]), '{1 "a" true "b"}'),
    (ExactSet([1, True]), "#{1 true}"),
    ({1}, "#{1}"),
    (frozenset({"a"}), '#{"a"}'),
    (Tagged("shop/coupon", [1]), "#shop/coupon [1]"),
    (_Point(1, 2), "[1 2]"),
    (_Level.HIGH, "3"),
    (_Colour.RED, '"red"'),
    (OrderedDict(a=1), '{"a" 1}'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_written(value: object, text: str) -> None:
    assert write(value) == text
    assert "\n" not in text
    assert write(read(text)) == text


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def _holding_itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


REFUSED = [
    float("nan"),
    float("inf"),
    Decimal("NaN"),
    Decimal("-Infinity"),
    Decimal("1e6145"),
    Decimal("1" * 4301),
    10**4300,
    -(10**5000),
    1 << 1_000_000,
    datetime(2020, 1, 1),  # noqa: DTZ001  # the point of the case
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    datetime(2020, 1, 1, tzinfo=_Broken()),  # type: ignore[abstract]  # half a time zone is what is tried
    date(2020, 1, 1),
    b"bytes",
    object(),
    Fraction(1, 2),
    MappingProxyType({}),
    edn_format.MetadataValue({}, 1),
    Keyword(""),
    Keyword("a b"),
    Keyword("a}"),
    Keyword('a"'),
    Keyword("a:"),
    Keyword(":a"),
    Keyword("a/b/c"),
    Keyword("a\n"),
    edn_format.Keyword("a #_"),
    Keyword("a" * 99 + " "),
    Symbol(""),
    Symbol("nil"),
    Symbol("true"),
    Symbol("1"),
    Symbol(":a"),
    Symbol("#a"),
    Symbol("a;b"),
    edn_format.Symbol("-1"),
    Tagged("", 1),
    Tagged("a b", 1),
    Tagged("_", 1),
    Tagged("inst", "2020-01-01T00:00:00Z"),
    Tagged("uuid", 1),
    "\ud800",
    Char("\udfff"),
    {1: object()},
    {"\ud800": 1},
    [ImmutableList(5, copy=False)],
    _nested(65),
    _holding_itself(),
]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_refused(value: object) -> None:
    with pytest.raises(EdnError) as refusal:
        write(value)
    assert refusal.value.line is None
    assert refusal.value.column is None
    assert refusal.value.message


def test_deepest_value() -> None:
    assert write(_nested(64)) == "[" * 64 + "]" * 64
