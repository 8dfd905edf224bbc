"""Whatever is imported is declared in pyproject.toml and pinned: what merely happens to be installed is not elsewhere.

`requirements/runtime.txt` is all that a production machine has. An import that comes with a development tool, or with
somebody else's dependency, works everywhere but there.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.test_models import HEIGHTS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
DEVELOPMENT: list[str] = [*RUNTIME, *PROJECT["dependency-groups"]["dev"]]
OURS = {*HEIGHTS, "tests", "manage"}


@pytest.mark.parametrize(
    ("folders", "declared"), [([*HEIGHTS], RUNTIME), (["tests"], DEVELOPMENT)], ids=["product", "tests"]
)
def test_what_is_imported_is_declared(folders: list[str], declared: list[str]) -> None:
    names = {_normalized(requirement) for requirement in declared}
    undeclared: dict[str, str] = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for package in _imported(path) - OURS - sys.stdlib_module_names:
                if not names & _distributions(package):
                    undeclared.setdefault(package, str(path.relative_to(ROOT)))
    assert undeclared == {}


@pytest.mark.parametrize(("file", "declared"), [("runtime", RUNTIME), ("development", DEVELOPMENT)])
def test_what_is_declared_is_pinned(file: str, declared: list[str]) -> None:
    lines = (ROOT / "requirements" / f"{file}.txt").read_text().splitlines()
    pinned = {_normalized(line) for line in lines if "==" in line}
    assert {_normalized(requirement) for requirement in declared} <= pinned, "call `make lock`"


def _imported(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _names(ast.parse(path.read_text()))}


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@cache
def _all_distributions() -> dict[str, set[str]]:
    return {package: {_normalized(name) for name in names} for package, names in packages_distributions().items()}


def _distributions(package: str) -> set[str]:
    return _all_distributions().get(package, set())


def _normalized(requirement: str) -> str:
    """The name of a requirement as package indexes compare it: `django-storages[s3]>=1.14` is `django-storages`."""
    found = re.match(r"[\w.-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()
