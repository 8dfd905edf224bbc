"""What is refused, always with ``EdnError``, and where the error says it is."""

import pytest

from traces.wire.edn import EdnError, read

REFUSED = [
    # nothing, or too much
    ("", 1, 1),
    (" ,\n ", 2, 2),
    ("; only a comment", 1, 17),
    ("#_ a", 1, 5),
    ("1 2", 1, 3),
    ("[1]\r\n[2]", 2, 1),
    ("1 ]", 1, 3),
    ("1 #_", 1, 5),
    ("1 #_ 2 3", 1, 8),
    # delimiters
    ("[1", 1, 3),
    ("(", 1, 2),
    ("#{1", 1, 4),
    ("{:a", 1, 4),
    ("[1\n (2]]", 2, 4),
    ("]", 1, 1),
    ("[}", 1, 2),
    ("#{1]", 1, 4),
    # maps and sets
    ("{:a}", 1, 4),
    ("{:a 1 :b}", 1, 9),
    ("{:a #_ 1}", 1, 9),
    ("{:a 1 :a 2}", 1, 11),
    ("{:a: 1 :a 2}", 1, 12),
    ("{1 2 1 3}", 1, 9),
    ("#{:a :a}", 1, 8),
    ("#{1 1}", 1, 6),
    ("#{1 1N}", 1, 7),
    ("#{1.0M 1.00M}", 1, 13),
    ("#{1e2M 100M}", 1, 12),
    ("#{0.0 -0.0}", 1, 11),
    ("#{[1] (1)}", 1, 10),
    ("#{#{1 2} #{2 1}}", 1, 16),
    ("#{{1 2 3 4} {3 4 1 2}}", 1, 22),
    ("#{#t 1 #t 1}", 1, 12),
    ("#{nil nil}", 1, 10),
    (r"#{\a \u0061}", 1, 12),
    ('#{#inst "2020-01-01T00:00:00Z" #inst "2020-01-01T01:00:00+01:00"}', 1, 65),
    # dispatch and tags
    ("#", 1, 1),
    ("# a", 1, 1),
    ("[#]", 1, 2),
    ("[#_]", 1, 4),
    ("[#a]", 1, 4),
    ("[#_ #_ a]", 1, 9),
    ("#a", 1, 3),
    ("#1 2", 1, 1),
    ("#a/b/c 1", 1, 1),
    ("#:a 1", 1, 1),
    ("#true 1", 1, 1),
    ('#"regex"', 1, 1),
    ("##Inf", 1, 1),
    ("##NaN", 1, 1),
    ("^:meta a", 1, 1),
    ("#:ns{:a 1}", 1, 1),
    # strings and characters
    ('"abc', 1, 1),
    ('[1 "abc\\"', 1, 4),
    ('"', 1, 1),
    ('"\\', 1, 1),
    ('"\\\\\\"', 1, 1),
    (r'"a\x"', 1, 3),
    ('"1\n\\/"', 2, 1),
    (r'"\\\q"', 1, 4),
    (r'"\u12"', 1, 2),
    (r'"\u12g4"', 1, 2),
    (r'"\U0001F600"', 1, 2),
    (r'"\ud83d"', 1, 1),
    (r'"\ude00\ud83d"', 1, 1),
    ("\\", 1, 1),
    ("\\ a", 1, 1),
    ("\\,", 1, 1),
    ("\\\n", 1, 1),
    (r"\newlinex", 1, 1),
    (r"\ab", 1, 1),
    (r"\u00", 1, 1),
    (r"\u00411", 1, 1),
    (r"\ud83d", 1, 1),
    (r"\(a", 1, 1),
    (r"\o101", 1, 1),
    ("\\\x01", 1, 1),
    # numbers
    ("01", 1, 1),
    ("-01", 1, 1),
    ("00", 1, 1),
    ("01.5", 1, 1),
    ("1a", 1, 1),
    ("1.5.5", 1, 1),
    ("1.", 1, 1),
    ("1.M", 1, 1),
    ("1e", 1, 1),
    ("1e+", 1, 1),
    ("1.5N", 1, 1),
    ("1NM", 1, 1),
    ("1NN", 1, 1),
    ("1/2", 1, 1),
    ("0x1F", 1, 1),
    ("1_000", 1, 1),
    (".5", 1, 1),
    ("1:a", 1, 1),
    ("1#{}", 1, 1),
    ("٣", 1, 1),
    ("1٣", 1, 1),
    ("1e999", 1, 1),
    ("-1e999", 1, 1),
    ("9" * 4301, 1, 1),
    ("-" + "9" * 4301, 1, 1),
    ("0." + "9" * 4301, 1, 1),
    ("9" * 4301 + "M", 1, 1),
    ("1e6145M", 1, 1),
    ("1e-6145M", 1, 1),
    ("1e999999999M", 1, 1),
    ("1e" + "9" * 4000 + "M", 1, 1),
    # names
    (":", 1, 1),
    ("::a", 1, 1),
    (":a:", 1, 1),
    ("[:a:]", 1, 2),
    ("{:a :b:}", 1, 5),
    ("{:a:: 1}", 1, 2),
    ("{:: 1}", 1, 2),
    ("{: 1}", 1, 2),
    ("{foo: 1}", 1, 2),
    ("{#t :a: 1}", 1, 5),
    ("{#_ :a: :b 1}", 1, 5),
    ("#{:a:}", 1, 3),
    (":a::b", 1, 1),
    (":a:/b", 1, 1),
    (":#/:", 1, 1),
    (":/", 1, 1),
    (":/a", 1, 1),
    (":a/", 1, 1),
    (":a/b/c", 1, 1),
    (":a@b", 1, 1),
    ("foo:", 1, 1),
    ("a/", 1, 1),
    ("/a", 1, 1),
    ("a/b/c", 1, 1),
    ("a//", 1, 1),
    ("a/1", 1, 1),
    ("-1a", 1, 1),
    ("'a", 1, 1),
    ("@a", 1, 1),
    ("`a", 1, 1),
    ("a|b", 1, 1),
    ("a\u3000b", 1, 1),
    ("a\x0bb", 1, 1),
    # the two built-in tags
    ("#inst 1", 1, 7),
    ("#inst \\a", 1, 7),
    ('#inst "2020-08-12"', 1, 7),
    ('#inst "2020-08-12T00:00:00"', 1, 7),
    ('#inst "2020-08-12T00:00Z"', 1, 7),
    ('#inst "2020-02-30T00:00:00Z"', 1, 7),
    ('#inst "2020-08-12T24:00:01Z"', 1, 7),
    ('#inst "2020-08-12T00:00:60Z"', 1, 7),
    ('#inst "2020-08-12T00:00:00+24:00"', 1, 7),
    ('#inst "2020-08-12T00:00:00+00:60"', 1, 7),
    ('#inst "0000-01-01T00:00:00Z"', 1, 7),
    ('#inst "0001-01-01T00:00:00+00:01"', 1, 7),
    ('#inst "9999-12-31T23:59:59-00:01"', 1, 7),
    ('#inst "2020-08-12T00:00:00.Z"', 1, 7),
    ('#inst "2020-08-12T00:00:00.1234567890Z"', 1, 7),
    ('#inst "٢٠٢٠-08-12T00:00:00Z"', 1, 7),
    ('#inst "2020-08-12T00:00:00Z\\n"', 1, 7),
    ('#_ #inst "garbage" 1', 1, 10),
    ("#uuid nil", 1, 7),
    ('#uuid "f81d4fae7dec11d0a76500a0c91e6bf6"', 1, 7),
    ('#uuid "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}"', 1, 7),
    ('#uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bfg"', 1, 7),
    # the text itself
    ("[1\n\x00]", 2, 1),
    ('"\x00"', 1, 2),
    ('[\n "\ud800"]', 2, 3),
    ("\ufeff\ufeff1", 1, 1),
    (b"[1\n \xff]", 2, 2),
    (b'"\xed\xa0\x80"', 1, 2),
    (b"\xef\xbb\xbf\xff", 1, 1),
    (b"\xff\xfe1\x00", 1, 1),
]


@pytest.mark.parametrize(("document", "line", "column"), REFUSED)
def test_refused_at(document: str | bytes, line: int, column: int) -> None:
    with pytest.raises(EdnError) as refusal:
        read(document)
    assert (refusal.value.line, refusal.value.column) == (line, column)
    assert refusal.value.message
    assert len(str(refusal.value)) < 200
    assert f"line {line}, column {column}" in str(refusal.value)


@pytest.mark.parametrize("document", [None, 1, bytearray(b"1"), ["1"]])
def test_a_document_is_text(document: object) -> None:
    with pytest.raises(EdnError):
        read(document)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("document", "line", "column"),
    [
        ("[" * 65 + "]" * 65, 1, 65),
        ("#a " * 65 + "1", 1, 193),
        ("#_ " * 65 + "1", 1, 193),
        ("#a [" * 33 + "]" * 33, 1, 129),
        ("{:a " * 65, 1, 257),
    ],
)
def test_deeper_than_the_bound(document: str, line: int, column: int) -> None:
    with pytest.raises(EdnError, match="deeper than 64 levels") as refusal:
        read(document)
    assert (refusal.value.line, refusal.value.column) == (line, column)


def test_no_caller_can_ask_for_bottomless_nesting() -> None:
    with pytest.raises(EdnError, match="deeper than 100 levels"):
        read("[" * 5000, max_depth=10_000)


@pytest.mark.parametrize(
    "document", ["[1 2 [3]]", "[1 #_ 2 3]", "[#a #b 1 2]", "{1 2 3 4}", "[[] [] [] []]", "1 " * 99]
)
def test_more_forms_than_the_bound(document: str) -> None:
    with pytest.raises(EdnError, match="more than 4 forms"):
        read(document, max_forms=4)


def test_the_first_form_too_many_is_placed() -> None:
    with pytest.raises(EdnError) as refusal:
        read("[1 (2)\n 3]", max_forms=4)
    assert (refusal.value.line, refusal.value.column) == (2, 2)


@pytest.mark.parametrize("document", ['"é"', '"é"'.encode(), "    ", b"    ", "\ud800   "])
def test_larger_than_the_bound(document: str | bytes) -> None:
    with pytest.raises(EdnError, match="larger than 3 bytes"):
        read(document, max_size=3)
