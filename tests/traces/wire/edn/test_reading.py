"""What the EDN specification accepts, form by form, and the types each form reads into."""

import pickle
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import edn_format
import pytest

from traces.wire.edn import (
    Char,
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

LEAVES = [
    ("nil", None),
    ("true", True),
    ("false", False),
    ('""', ""),
    ('"plain"', "plain"),
    (r'"\t\r\n\\\"\b\f"', '\t\r\n\\"\b\f'),
    (r'"\u00e9\u20ac\\u0041\\\u0041"', "é€\\u0041\\A"),
    (r'"\ud83d\ude00!"', "😀!"),
    (r'"\u0000"', "\x00"),
    ('"two\nlines, and ; no comment"', "two\nlines, and ; no comment"),
    ('"😀"', "😀"),
    (r"\a", Char("a")),
    (r"\u", Char("u")),
    (r"\n", Char("n")),
    (r"\newline", Char("\n")),
    (r"\return", Char("\r")),
    (r"\space", Char(" ")),
    (r"\tab", Char("\t")),
    (r"\formfeed", Char("\f")),
    (r"\backspace", Char("\b")),
    (r"\u0041", Char("A")),
    (r"\\", Char("\\")),
    (r"\"", Char('"')),
    (r"\(", Char("(")),
    (r"\;", Char(";")),
    (r"\#", Char("#")),
    (r"\é", Char("é")),
    ("0", 0),
    ("-0", 0),
    ("+1", 1),
    ("-17", -17),
    ("42N", 42),
    ("123456789012345678901234567890", 123456789012345678901234567890),
    ("9" * 4300, 10**4300 - 1),
    ("1.5", 1.5),
    ("-0.25", -0.25),
    ("1e3", 1000.0),
    ("1.0e+5", 100000.0),
    ("1E-2", 0.01),
    ("1e-999", 0.0),
    ("1M", Decimal(1)),
    ("1.5M", Decimal("1.5")),
    ("-1.50M", Decimal("-1.50")),
    ("1.5e3M", Decimal("1.5e3")),
    ("0.1234567890123456789012345678901234567890M", Decimal("0.1234567890123456789012345678901234567890")),
    ("1e6144M", Decimal("1e6144")),
    (":a", Keyword("a")),
    (":placeholder/name", Keyword("placeholder/name")),
    (":1", Keyword("1")),
    (":#x", Keyword("#x")),
    (":#/#", Keyword("#/#")),
    (":#/:x", Keyword("#/:x")),
    (":a:b", Keyword("a:b")),
    (":nil", Keyword("nil")),
    (":-", Keyword("-")),
    ("a", Symbol("a")),
    ("/", Symbol("/")),
    ("ns/name", Symbol("ns/name")),
    ("nilx", Symbol("nilx")),
    ("true1", Symbol("true1")),
    ("nil/true", Symbol("nil/true")),
    ("-", Symbol("-")),
    ("+a", Symbol("+a")),
    (".b.c", Symbol(".b.c")),
    ("->x", Symbol("->x")),
    ("*a+!-_?$%&=<>.", Symbol("*a+!-_?$%&=<>.")),
    ("a#b:c'd", Symbol("a#b:c'd")),
    ("été", Symbol("été")),
    ('#uuid "F81D4FAE-7dec-11d0-a765-00a0c91e6bf6"', UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")),
    ('#inst "1985-04-12T23:20:50.52Z"', datetime(1985, 4, 12, 23, 20, 50, 520_000, tzinfo=UTC)),
    ('#inst "2020-08-12T17:45:48.123-00:00"', datetime(2020, 8, 12, 17, 45, 48, 123_000, tzinfo=UTC)),
    ('#inst "2020-08-12T17:45:48.123456789+05:30"', datetime(2020, 8, 12, 12, 15, 48, 123_456, tzinfo=UTC)),
    ('#inst "2020-02-29T00:00:00-23:59"', datetime(2020, 2, 29, 23, 59, tzinfo=UTC)),
]


@pytest.mark.parametrize(("text", "value"), LEAVES)
def test_leaf(text: str, value: object) -> None:
    for document in (text, text.encode(), f"\ufeff ,\r\n\f{text};end", f"#_ skipped {text} #_ (also)"):
        found = read(document)
        assert found == value
        assert type(found) is type(value)
    assert read(f"[{text}]") == [value]


def test_instants_are_in_utc() -> None:
    found = read('#inst "2020-08-12T17:45:48+02:00"')
    assert isinstance(found, datetime)
    assert found.tzinfo is UTC
    assert found.hour == 15


COLLECTIONS = [
    ("[]", ImmutableList([])),
    ("()", ListForm()),
    ("{}", ImmutableDict({})),
    ("#{}", frozenset()),
    ("[a b 42]", ImmutableList([Symbol("a"), Symbol("b"), 42])),
    ("(a b 42)", ListForm([Symbol("a"), Symbol("b"), 42])),
    ('#{:a "a" a nil true}', frozenset([Keyword("a"), "a", Symbol("a"), None, True])),
    ('{:a 1, "foo" :bar}', ImmutableDict({Keyword("a"): 1, "foo": Keyword("bar")})),
    ("{[1 2 3] four 5 six}", ExactMap([(ImmutableList([1, 2, 3]), Symbol("four")), (5, Symbol("six"))])),
    ("#{1 [2] #{3}}", ExactSet([1, ImmutableList([2]), ExactSet([3])])),
    ('#shop/coupon {:code "X"}', Tagged("shop/coupon", ImmutableDict({Keyword("code"): "X"}))),
    ("#a #b c", Tagged("a", Tagged("b", Symbol("c")))),
]


@pytest.mark.parametrize(("text", "value"), COLLECTIONS)
def test_collection(text: str, value: object) -> None:
    found = read(text)
    assert found == value
    assert value == found
    assert hash(found) == hash(value)
    assert type(found) is type(value)


def test_values_are_those_of_edn_format() -> None:
    found = read("{:a [s (1)]}")
    assert isinstance(found, edn_format.ImmutableDict)
    (key,) = found
    assert isinstance(key, edn_format.Keyword)
    assert key == edn_format.Keyword("a")
    assert edn_format.Keyword("a") == key
    assert hash(key) == hash(edn_format.Keyword("a"))
    assert found[edn_format.Keyword("a")] == edn_format.ImmutableList([edn_format.Symbol("s"), (1,)])
    assert key.with_namespace("n") == Keyword("n/a")
    assert Symbol("a") != Keyword("a")
    assert Keyword("a") != "a"
    assert hash(Symbol("a")) == hash(edn_format.Symbol("a"))
    assert isinstance(read("#a b"), edn_format.TaggedElement)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('{:app-token"D1":customer-id"51"}', '{:app-token "D1" :customer-id "51"}'),
        ("{:channel: :atm}", "{:channel :atm}"),
        ('{:a:"x":b/c:[1]}', '{:a "x" :b/c [1]}'),
        ("{#_ x :channel: 1}", "{:channel 1}"),
        ("[[1][2](3){4 5}#{6}]", "[[1] [2] (3) {4 5} #{6}]"),
        ('[\\a"b"\\c[\\)]a"c"1"d"]', '[\\a "b" \\c [ \\) ] a "c" 1 "d"]'),
        ("[a;comment ]\r\nb;;\rc]", "[a b c]"),
        ("[1,,,2\f3]", "[1 2 3]"),
        ("[a b #_foo 42]", "[a b 42]"),
        ("[#_ #_ a b c]", "[c]"),
        ("[#_#_a b#_c]", "[]"),
        ('[#_ #inst "2020-01-01T00:00:00Z" 1 #_ #x/y {:z 1}]', "[1]"),
        ("[#x/y #_ no yes]", "[#x/y yes]"),
        ("{:a #_ 1 2 #_ :b}", "{:a 2}"),
        ("[a#{}]", "[a# {}]"),
    ],
)
def test_spelling(text: str, same: str) -> None:
    assert read(text) == read(same)


def test_keywords_of_one_document_are_one_object() -> None:
    found = read("[:same :same]")
    assert isinstance(found, ImmutableList)
    assert found[0] is found[1]


@pytest.mark.parametrize("name", [Keyword("a/b"), Symbol("a/b")])
def test_names_leave_their_hash_behind_when_pickled(name: object) -> None:
    pickled = pickle.dumps(name)
    assert b"hash" not in pickled
    copy = pickle.loads(pickled)  # pickled one line above
    assert copy == name
    assert hash(copy) == hash(name)
    assert type(copy) is type(name)


def test_equality_is_that_of_edn() -> None:
    members = read('#{1 1.0 1M true "a" \\a a :a [1] [1.0] [true] #{1} #{1.0} {1 2} {1.0 2} #t 1 #t 1.0 0 false nil}')
    assert isinstance(members, ExactSet)
    assert len(members) == 20
    assert 1 in members
    assert (1,) in members
    assert 2 not in members
    entries = read("{1 :int, 1.0 :float, true :bool, [1] :vector}")
    assert isinstance(entries, ExactMap)
    assert [entries[1], entries[1.0], entries[True]] == [Keyword("int"), Keyword("float"), Keyword("bool")]
    assert entries[(1,)] == Keyword("vector")
    assert entries.get(2) is None
    assert read("#{1}") != read("#{1.0}")
    assert read("{1 2}") != read("{true 2}")
    assert read("{1 2}") != {1: 2.0}


@pytest.mark.parametrize(
    "text",
    [
        '#{["asb"] ["a" "b"]}',
        '#{["a" "2:sb"] ["a2:sb"]}',
        '#{{"x" "ysz"} {"xsy" "z"}}',
        '#{{1 "x", 2 "y"} {1 "y", 2 "x"}}',
        '#{{1 "ysz"} {1 "y", 2 "z"}}',
        '#{#t "iff" #ts 255}',
        "#{[[1] 2] [[1 2]] [1 [2]]}",
        "#{[1 2] #{1 2} {1 2}}",
        "#{[] #{} {}}",
        "#{[nil] [] [false]}",
    ],
)
def test_what_only_looks_alike_stays_apart(text: str) -> None:
    found = read(text)
    assert isinstance(found, ExactSet)
    assert len({write(member) for member in found}) == len(found)


def test_exact_collections_equal_plain_ones() -> None:
    for text, plain in [("#{1 2}", frozenset({1, 2})), ("#{[1]}", frozenset({ImmutableList([1])}))]:
        found = read(text)
        assert found == plain
        assert plain == found
        assert hash(found) == hash(plain)
    entries = read("{1 [2]}")
    plain_entries = edn_format.ImmutableDict({1: edn_format.ImmutableList([2])})
    assert entries == plain_entries
    assert plain_entries == entries
    assert hash(entries) == hash(plain_entries)
    assert entries == {1: [2]}
    assert repr(entries) == "ExactMap([(1, [2])])"
    assert repr(read("#{1}")) == "ExactSet([1])"
    assert object() not in ExactSet([1])
    assert ExactSet([1, 2]) & ExactSet([2, 3]) == ExactSet([2])


def test_depth_and_forms_at_their_bounds() -> None:
    assert read("[" * 64 + "]" * 64) is not None
    assert read("[" * 3 + "]" * 3, max_depth=3) == [[[]]]
    assert read("[1 2 [3]]", max_forms=5) == [1, 2, [3]]
    assert read('"é"', max_size=4) == "é"
    assert read('"é"'.encode(), max_size=4) == "é"
