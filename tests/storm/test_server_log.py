"""What the storm finds in PostgreSQL's log, and says where it has read none."""

from pathlib import Path

import pytest

from tests.storm.__main__ import postgres_log
from tests.storm.account import ServerLog

OLD = "2026-01-01 app@campaigns_storm ERROR:  from before\n"
NEW = """2026-01-01 app@campaigns_storm ERROR:  deadlock detected
2026-01-01 app@campaigns_storm LOG:  checkpoint
2026-01-01 app@another ERROR:  another database
2026-01-01 PANIC:  no database at all
"""


def test_new_errors_of_its_own_database_are_found(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(OLD)
    log = ServerLog(path)
    with path.open("a") as file:
        file.write(NEW)
    found = [line.split(":  ")[1] for line in log.errors("campaigns_storm")]
    assert found == ["deadlock detected", "no database at all"]
    assert not log.unread


def test_a_log_that_is_not_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTGRES_LOG", raising=False)
    path, unread = postgres_log("postgresql://elsewhere", tmp_path)
    assert path is None
    assert "POSTGRES_LOG" in unread
    assert ServerLog(path, unread).errors("campaigns_storm") == []
    assert "embedded" in postgres_log("", tmp_path)[1]


def test_a_named_log_is_read_or_the_storm_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_LOG", str(tmp_path / "log"))
    assert postgres_log("postgresql://elsewhere", tmp_path) == (tmp_path / "log", "")
    with pytest.raises(FileNotFoundError):
        ServerLog(tmp_path / "log")
