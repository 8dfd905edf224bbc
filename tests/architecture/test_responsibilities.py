"""Who answers requests, and who writes rows: what import-linter can't tell, which sees packages but not their parts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_models import CODE, ROOT

# The folders whose code reads requests and answers them.
ANSWERING = {"api", "wire", "admin", "config"}
CHANNELS = sorted((ROOT / "campaigns" / "delivery" / "channels").rglob("*.py"))
WRITING = {"save", "create", "update", "delete", "get_or_create", "update_or_create", "bulk_create", "bulk_update"}
STATEMENTS = ("INSERT ", "UPDATE ", "DELETE ", "MERGE ", "TRUNCATE ")
# What channels write to besides: files, digests and headers.
NO_ROWS = {"storage", "self.storage", "storages['audiences']", "self.digest", "self.headers"}


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _writes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=receiver, attr=name)) if name in WRITING:
                if ast.unparse(receiver) not in NO_ROWS:
                    yield ast.unparse(node)
            case ast.Constant(value=str(text)) if text.lstrip().startswith(STATEMENTS):
                yield text


def test_only_endpoints_and_pages_speak_http() -> None:
    wrong = []
    for path in CODE:
        place = path.relative_to(ROOT)
        if ANSWERING.isdisjoint(place.parts):
            names = _imported(ast.parse(path.read_text()))
            wrong += [f"{place}: {name}" for name in names if f"{name}.".startswith("django.http.")]
    assert wrong == []


@pytest.mark.parametrize("path", CHANNELS, ids=lambda path: path.stem)
def test_a_channel_writes_no_row(path: Path) -> None:
    assert list(_writes(ast.parse(path.read_text()))) == []
    assert not path.with_suffix(".sql").exists()


@pytest.mark.parametrize(
    "line", ["recipient.save()", "Recipient.objects.filter(pk=1).update(state='sent')", "SQL = ' UPDATE x SET y = 1'"]
)
def test_a_write_is_seen(line: str) -> None:
    assert len(list(_writes(ast.parse(line)))) == 1
