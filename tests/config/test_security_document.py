"""SECURITY.md says what is held, and each row names tests that are there."""

import ast
import re
from collections.abc import Iterator

from tests.config.served import PROJECT

DOCUMENT = (PROJECT / "SECURITY.md").read_text()
ROW = re.compile(r"^\| (?P<sentence>.+) \| (?P<tests>.+) \|$")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
FEWEST_ROWS = 20


def _rows() -> Iterator[tuple[str, str]]:
    """The sentences, and what holds each."""
    held = DOCUMENT.partition("## What is held")[2].partition("\n## ")[0]
    for line in held.splitlines():
        row = ROW.match(line)
        if row and row["tests"] != "Held by":
            yield row["sentence"], row["tests"]


def _functions(path: str) -> set[str]:
    tree = ast.parse((PROJECT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_sentence_is_held_by_tests_that_are_there() -> None:
    rows = list(_rows())
    assert len(rows) >= FEWEST_ROWS
    for sentence, tests in rows:
        assert sentence.endswith("."), sentence
        named = NAMED.findall(tests)
        assert len(named) == tests.count("`") / 2 > 0, sentence
        for path, function in named:
            assert (PROJECT / path).is_file(), path
            found = _functions(path)
            assert not function or function in found, f"{path}::{function}"
            assert function.startswith("test_") or any(name.startswith(("test_", "main")) for name in found), path


def test_every_claim_of_the_security_document_is_in_a_table() -> None:
    held = DOCUMENT.partition("## What is held")[2].partition("\n## ")[0]
    loose = [line for line in held.splitlines() if line and not line.startswith("|")]
    assert len(loose) == 1, loose
