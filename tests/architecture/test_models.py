"""What import-linter can't see: foreign keys point down, files and functions stay small, imports stand at the top."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
# From the bottom up; apps of one height don't know each other.
HEIGHTS = {"customers": 0, "campaigns": 1, "traces": 2, "marketing_solutions": 3, "funnels": 3, "config": 4}
OURS = [name for name in [*HEIGHTS, "tests"] if (ROOT / name).is_dir()]
LONGEST_FILE = 400
LONGEST_FUNCTION = 30
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "core"}
SOURCES = {".py", ".html", ".css", ".js"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
# An exception of ruff or mypy at the end of a line: nothing after it says why.
WITHOUT_REASON = re.compile(r"# (?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[a-z, -]+\])?)$", re.MULTILINE)


def _files(*suffixes: str) -> list[Path]:
    return sorted(path for name in OURS for path in (ROOT / name).rglob("*") if path.suffix in suffixes)


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


PYTHON = _files(".py")
CODE = [path for path in PYTHON if "migrations" not in path.parts and path.relative_to(ROOT).parts[0] != "tests"]


def test_foreign_keys_point_down_or_sideways() -> None:
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields(include_hidden=True):
            target = field.related_model
            if field.auto_created or not isinstance(target, type):
                continue
            here, there = model._meta.app_label, target._meta.app_label
            if here == there or there not in HEIGHTS:
                continue
            if HEIGHTS.get(here, -1) <= HEIGHTS[there] and (here in HEIGHTS or there != "customers"):
                wrong.append(f"{model._meta.label}.{field.name} → {target._meta.label}")
    assert not wrong


def test_every_app_of_ours_has_a_height() -> None:
    installed = {config.label for config in apps.get_app_configs() if Path(config.path).is_relative_to(ROOT)}
    installed = {name for name in installed if not Path(apps.get_app_config(name).path).is_relative_to(ROOT / ".venv")}
    assert installed <= HEIGHTS.keys()


def test_no_file_is_longer_than_can_be_read() -> None:
    lengths = {_shown(path): len(path.read_text().splitlines()) for path in _files(*SOURCES)}
    assert not {path: length for path, length in lengths.items() if length > LONGEST_FILE}


def test_no_function_is_longer_than_can_be_read() -> None:
    wrong = [
        f"{_shown(path)}:{function.lineno} {function.name} has {length} lines"
        for path in CODE
        for function in _functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not wrong


def test_no_import_stands_inside_a_function() -> None:
    wrong = {
        f"{_shown(path)}:{node.lineno}"
        for path in PYTHON
        for function in _functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not wrong


def test_there_are_no_drawers_for_everything() -> None:
    assert not [_shown(path) for path in PYTHON if DRAWERS & {path.stem, *path.relative_to(ROOT).parts[:-1]}]


def test_exceptions_of_ruff_and_mypy_have_a_reason() -> None:
    assert not [_shown(path) for path in CODE if WITHOUT_REASON.search(path.read_text())]


@pytest.mark.parametrize("place", ["config", "customers", "campaigns", "tests"])
def test_these_tests_see_the_code(place: str) -> None:
    assert [path for path in PYTHON if path.relative_to(ROOT).parts[0] == place]
    assert len(CODE) > 50
