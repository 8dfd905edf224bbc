"""A megabyte chosen to hurt: work stays proportional to the text, and memory within a few times its size.

Figures are in the decision record. The bounds here are wide, so that a busy machine does not fail them: quadratic work
on these documents takes from seconds to hours.
"""

import tracemalloc
from collections.abc import Callable
from time import process_time
from uuid import UUID

import pytest

from traces.wire.edn import EdnError, ImmutableList, Keyword, read
from traces.wire.edn import reader as reader_module

_SIZE = 1_048_576
_GENEROUS_SECONDS = 5
_GENEROUS_BYTES = 40 * _SIZE
_HASH_MODULUS = 2**61 - 1


def _filled(head: str, creative: str, tail: str = "") -> str:
    return head + creative * ((_SIZE - len(head) - len(tail)) // len(creative)) + tail


def _counted(head: str, creative: Callable[[int], str], count: int, tail: str) -> str:
    return head + " ".join(map(creative, range(count))) + tail


def _ring(head: str, tail: str, count: int) -> str:
    return head * count + " ".join(map(str, range(9_500))) + tail * count


HOSTILE: dict[str, Callable[[], str]] = {
    "vectors": lambda: _filled("", "["),
    "maps": lambda: _filled("", "{"),
    "sets": lambda: _filled("", "#{"),
    "tags": lambda: _filled("", "#a "),
    "discards": lambda: _filled("", "#_"),
    "closing": lambda: _filled("", "]"),
    "one number": lambda: _filled("", "9"),
    "long numbers": lambda: _filled("[", "9" * 4300 + " ", "]"),
    "long floats": lambda: _filled("[", "0." + "9" * 4290 + " ", "]"),
    "long decimals": lambda: _filled("[", "0." + "9" * 4290 + "M ", "]"),
    "huge exponents": lambda: _filled("[", "1e999999999M ", "]"),
    "huge decimals as members": lambda: _counted("#{", lambda i: f"{i + 1}1e6000M", 9_500, "}"),
    "colliding members": lambda: _counted("#{", lambda i: str(1 + i * _HASH_MODULUS), 9_500, "}"),
    "colliding vectors": lambda: _counted("#{", lambda i: f"[{1 + i * _HASH_MODULUS}]", 4_900, "}"),
    "colliding probes": lambda: _counted("#{", lambda i: str(i << 44), 9_500, "}"),
    "colliding keys": lambda: _counted("{", lambda i: f"{1 + i * _HASH_MODULUS} 0", 4_900, "}"),
    "colliding uuids": lambda: _counted("#{", lambda i: f'#uuid "{UUID(int=i * _HASH_MODULUS)}"', 4_900, "}"),
    "many keywords": lambda: _counted("#{", lambda i: f":k{i}", 9_500, "}"),
    "many symbols": lambda: _counted("[", lambda i: f"k{i}", 9_500, "]"),
    "many tiny sets": lambda: _counted("#{", lambda i: f"#{{{i}}}", 4_900, "}"),
    "many strings": lambda: _filled("[", '"" ', "]"),
    "nested members": lambda: _ring("#{", "}", 60),
    "nested alternating members": lambda: _ring("#{[", "]}", 30),
    "one keyword": lambda: ":" + _filled("", "a:", "a")[1:],
    "slashes": lambda: _filled("", "a/"),
    "unclosed string": lambda: _filled('"', "a"),
    "unclosed escapes": lambda: _filled('"', "\\"),
    "backslashes": lambda: _filled("", "\\"),
    "escaped backslashes": lambda: _filled('"', "\\\\", '"'),
    "escaped characters": lambda: _filled('"', "\\u0041", '"'),
    "escaped pairs": lambda: _filled('"', "\\ud83d\\ude00", '"'),
    "quotes": lambda: _filled("", '"'),
    "commas": lambda: _filled("", ","),
    "comments": lambda: _filled("", ";\n"),
    "discarded forms": lambda: _filled("[", "#_1 ", "]"),
    "characters": lambda: _filled("[", "\\a ", "]"),
    "nul": lambda: _filled("", "\x00"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_answered_or_refused_cheaply(name: str) -> None:
    document = HOSTILE[name]().encode()
    assert len(document) <= _SIZE
    begun = process_time()
    try:
        read(document)
    except EdnError as refusal:
        assert len(str(refusal)) < 200
    assert process_time() - begun < _GENEROUS_SECONDS


# Those that hold the most: tokens, wide characters, decoded escapes, keyed members. Tracing is slow, so not all.
@pytest.mark.parametrize(
    "name", ["vectors", "characters", "escaped pairs", "many keywords", "nested members", "one keyword"]
)
def test_memory_stays_within_a_few_times_the_bound(name: str) -> None:
    document = HOSTILE[name]().encode()
    tracemalloc.start()
    try:
        read(document)
    except EdnError as refusal:
        assert refusal.line == 1
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < _GENEROUS_BYTES


def _fastest(document: str) -> float:
    times = []
    for _ in range(3):
        begun = process_time()
        read(document)
        times.append(process_time() - begun)
    return min(times)


def test_colliding_numbers_cost_what_others_cost() -> None:
    """In a Python set these thousands would take tens of times as long as others; here, about as long."""
    colliding = _counted("#{", lambda i: str(1 + i * _HASH_MODULUS), 9_500, "}")
    others = _counted("#{", lambda i: str(10**22 + i * 7_919), 9_500, "}")
    assert len({hash(1 + i * _HASH_MODULUS) for i in range(100)}) == 1
    assert _fastest(colliding) < 8 * _fastest(others)


def test_twice_the_colliding_numbers_cost_twice_the_time() -> None:
    half = _counted("{", lambda i: f"{1 + i * _HASH_MODULUS} 0", 1_200, "}")
    whole = _counted("{", lambda i: f"{1 + i * _HASH_MODULUS} 0", 4_800, "}")
    # Four times as many: linear work is fourfold, quadratic sixteenfold.
    assert _fastest(whole) < 12 * _fastest(half)


def test_names_remembered_are_bounded() -> None:
    read(_counted("[", lambda i: f":bounded{i}", 9_500, "]"))
    assert len(reader_module._atoms.known) <= 4_096 + 1  # what must not grow
    read("[:" + "a" * 100_000 + "]")
    assert max(map(len, reader_module._atoms.known)) <= 64
    assert read("[nil true :after]") == ImmutableList([None, True, Keyword("after")])
