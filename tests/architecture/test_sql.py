"""SQL stands under its name in `.sql` files, and PostgreSQL understands every statement of them."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection, transaction

from customers.named_sql import HEAD, TAKEN
from tests.architecture.sql_variants import VARIANTS

ROOT = Path(__file__).resolve().parents[2]
APPS = ("campaigns", "config", "customers", "funnels", "marketing_solutions", "traces")
LONGEST_IN_PYTHON = 3
CLAUSES = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|WHERE|CASE WHEN|EXISTS)\b")
PLANNED = re.compile(r"(SELECT|WITH|INSERT|UPDATE|DELETE)\b")
PLACE = re.compile(r"\{\w+\}")
FILES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.sql"))


def _names(path: Path, kind: str) -> list[str]:
    return re.findall(rf"^-- {kind}: (\w+)$", path.read_text(), re.MULTILINE)


def _taken() -> dict[tuple[str, str], list[str]]:
    for path in FILES:
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return {(str(Path(file).relative_to(ROOT)), name): texts for (file, name), texts in TAKEN.items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stands_beside_its_module_and_each_of_its_statements_is_executed_by_it(path: Path) -> None:
    assert path.with_suffix(".py").exists()
    names = [name[1] for name in HEAD.finditer(path.read_text())]
    assert len(names) == len(set(names))
    taken = _taken()
    assert not [name for name in names if (str(path.relative_to(ROOT)), name) not in taken]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_comment_says_what_each_statement_answers(path: Path) -> None:
    assert not [name[1] for name in HEAD.finditer(path.read_text()) if name[0].count("\n") == 1]


@pytest.mark.django_db
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_postgresql_plans_every_statement(path: Path) -> None:
    file = str(path.relative_to(ROOT))
    taken = _taken()
    for name in _names(path, "name"):
        for text in taken[file, name]:
            variants = VARIANTS.get((file, name), [{}])
            assert PLACE.search(text) is None or variants != [{}], f"{file}: {name} has no variant in sql_variants.py"
            for variant in variants:
                _plan(text.format(**variant) if variant else text)


def _plan(text: str) -> None:
    """Have PostgreSQL plan a statement whose parameters are null; what can't be planned is done, and undone."""
    text = re.sub(r"%(?:\(\w+\))?s|%%", lambda found: "%" if found[0] == "%%" else "NULL", text)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {text}" if PLANNED.match(text) else text)
        transaction.set_rollback(True)


def test_no_long_statement_stands_in_python() -> None:
    wrong = []
    for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            text = _text(node)
            if len(text.strip().splitlines()) > LONGEST_IN_PYTHON and len(CLAUSES.findall(text)) > 1:
                wrong.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    assert not wrong


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
