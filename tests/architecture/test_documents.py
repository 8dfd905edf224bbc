"""What documents point to is there, and the index of decisions has every record."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:campaigns|config|customers|docs|funnels|marketing_solutions|tests|traces)/[\w./-]+\.\w+)")
LONGEST_RECORD = 40


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = [
        link for link in LINK.findall(path.read_text()) if "://" not in link and not link.startswith(("/", "mailto:"))
    ]
    assert not [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_are_there(path: Path) -> None:
    assert not [name for name in NAMED.findall(path.read_text()) if not (ROOT / name).exists()]


def test_the_index_has_every_record_once() -> None:
    linked = LINK.findall((DECISIONS / "README.md").read_text())
    assert sorted(linked) == sorted(path.name for path in DECISIONS.glob("0*.md"))


def test_records_are_short() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in DECISIONS.glob("0*.md")}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_RECORD}
