"""`make chaos` in small: the database itself crashes, again and again, while the workers build and hand over."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.supervision import _end_with
from tests.config.served import PROJECT
from tests.faults.blows import EMPTY, KILL, RESTART

# There is work for some seconds, on fast machines and on slow ones, both in building and in handing over.
SIZE = {"CUSTOMERS": "1500", "AUDIENCE_CHUNK": "150", "PROVIDER_BATCH": "20", "BEATS": "1"}
PACE = {"CHUNK_SECONDS": "0.3", "PROVIDER_SECONDS": "0.2"}
STORM = {"SECONDS": "0", "LEAST": "1", "PAUSE_SECONDS": "0.2", "PATIENCE_SECONDS": "60"}
PATIENCE_SECONDS, GRACE_SECONDS = 180, 30


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the storm's own server stands; nothing of it runs any more afterwards, whatever happened."""
    # Not pytest's own folder: every run of pytest takes it back from other users, and as root PostgreSQL is one.
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as found:
        yield Path(found)
        for process in _left(Path(found)):
            process.kill()


def test_a_crashing_database_loses_and_repeats_nothing(folder: Path) -> None:
    redis_url = os.environ.get("REDIS_URL", "")
    output = _chaos(folder)
    *_, last, verified = output.splitlines()
    assert last.endswith("nothing lost, nothing twice"), output
    assert verified.endswith("checks, nothing wrong"), output
    for phase in ("building", "delivering"):
        for kind in (KILL, RESTART, EMPTY) if redis_url else (KILL, RESTART):
            assert _times(last, phase, kind) > 0, output
    recoveries = (folder / "chaos" / "postgresql" / "log").read_text().count("automatic recovery in progress")
    assert recoveries >= _times(last, "building", RESTART) + _times(last, "delivering", RESTART)
    assert _left(folder) == []


def _chaos(folder: Path) -> str:
    """What it says; it has ended well."""
    bare = {"DATABASE_URL": "", "SECRET_KEY": "", "DATA_DIR": str(folder)}
    log = folder / "said"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.chaos"],
            cwd=PROJECT,
            env=os.environ | bare | SIZE | PACE | STORM,
            stdout=file,
            stderr=file,
            start_new_session=True,
            preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - no thread of the test does anything meanwhile
        )
    try:
        status = process.wait(PATIENCE_SECONDS)
    finally:
        # It ends everything that it has begun; here only where the test itself is interrupted.
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(GRACE_SECONDS)
    assert status == 0, log.read_text()
    return log.read_text()


def _times(line: str, phase: str, kind: str) -> int:
    found = re.search(rf"while {phase} [^;]*?(\d+) {kind}", line)
    assert found, line
    return int(found[1])


def _left(folder: Path) -> list[psutil.Process]:
    """What still runs for the storm: its server, its workers, itself."""
    return [process for process in psutil.process_iter() if _is_of(process, folder)]


def _is_of(process: psutil.Process, folder: Path) -> bool:
    try:
        words = [*process.cmdline(), process.environ().get("DATA_DIR", "")]
    except psutil.Error:
        return False
    return any(str(folder) in word for word in words)
