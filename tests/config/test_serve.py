"""`manage.py serve` from the outside: processes, signals, exit codes."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from config import supervision
from config.processes import Program
from config.supervision import Signals, Supervisor
from tests.config.served import PROJECT, Served, environment, free_port, until

Start = Callable[..., Served]
one_after_the_other = pytest.mark.xdist_group("serve")


@pytest.fixture(scope="module")
def data_directory() -> Iterator[Path]:
    # Not pytest's own folder: every run of pytest takes it back from other users, and as root PostgreSQL is one.
    with tempfile.TemporaryDirectory(prefix="serve-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


@pytest.fixture
def start(data_directory: Path) -> Iterator[Start]:
    started: list[Served] = []

    def start_one(**variables: str) -> Served:
        started.append(Served(data_directory, WEB_WORKERS="1", **variables))
        started[-1].wait_until_serving()
        return started[-1]

    yield start_one
    for served in started:
        served.kill_everything()


@one_after_the_other
def test_what_is_killed_comes_back_and_a_killed_serve_takes_all_with_it(start: Start) -> None:
    served = start()
    assert "Applied" in served.output
    _require_whole(served)
    (worker,) = served.running("manage.py work")
    web = served.running("config.door")
    assert len(web) == 1
    worker.kill()
    web[-1].kill()
    until(lambda: bool({process.pid for process in served.running("manage.py work")} - {worker.pid}), "a new worker")
    until(lambda: len({*served.running("config.door")} - {web[-1]}) == len(web), "a new web process")
    (database,) = served.running("bin/postgres -D")
    database.kill()
    until(lambda: bool({each.pid for each in served.running("bin/postgres -D")} - {database.pid}), "a new database")
    until(served.is_ready, "answers from the new database")
    served.process.kill()
    served.process.wait()
    until(lambda: served.running() == [], "the end of every process")


@one_after_the_other
def test_it_goes_on_with_its_data_until_ctrl_c_and_leaves_nothing_behind(start: Start) -> None:
    served = start()
    assert "Applied" not in served.output
    _require_whole(served)
    assert served.stop(signal.SIGINT) == 0
    assert served.running() == []
    assert "Traceback" not in served.output


@one_after_the_other
def test_stopping_serve_while_it_starts_leaves_nothing_behind(data_directory: Path) -> None:
    served = Served(data_directory, WEB_WORKERS="1")
    try:
        until(lambda: bool(served.running("bin/postgres -D")), "the database")
        assert served.stop(signal.SIGTERM) == 0
        assert served.running() == []
        assert "Traceback" not in served.output
    finally:
        served.kill_everything()


@one_after_the_other
@pytest.mark.skipif(
    not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")),
    reason="for the run against real servers (.ci/run)",
)
def test_it_serves_with_real_servers(start: Start) -> None:
    name = f"serve_{uuid4().hex}"
    address = os.environ["DATABASE_URL"]
    with closing(psycopg.connect(address, dbname="postgres", autocommit=True)) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            served = start(DATABASE_URL=f"{address.rpartition('/')[0]}/{name}", REDIS_URL=os.environ["REDIS_URL"])
            assert served.get("/readyz")[0] == 200
            assert served.running("celery -A config --quiet --skip-checks worker")
            assert served.running("celery -A config --quiet --skip-checks beat")
            assert not served.running("postgres -D")
            assert served.stop(signal.SIGTERM) == 0
            assert served.running() == []
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _require_whole(served: Served) -> None:
    assert served.get("/healthz") == (200, {"status": "ok"})
    ready = {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "broker": "ok"}}
    assert served.get("/readyz") == (200, ready)
    until(lambda: "ready." in served.output, "the worker")
    assert "Traceback" not in served.output


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}, "the database can't be reached"),
        ({"DATA_DIR": str(PROJECT / "manage.py" / "data")}, "manage.py/data can't be written: Not a directory"),
    ],
)
def test_what_is_missing_is_one_line(variables: dict[str, str], sentence: str, tmp_path: Path) -> None:
    _assert_refused(environment(tmp_path, free_port(), **variables), sentence)


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _assert_refused(environment(tmp_path, port), f"port {port} on 127.0.0.1 can't be used: Address already in use")


def test_a_missing_broker_is_one_line(tmp_path: Path) -> None:
    _assert_refused(environment(tmp_path, free_port(), REDIS_URL="redis://127.0.0.1:1/0"), "Redis can't be reached")
    assert not (tmp_path / "postgresql").exists(), "it is asked for before the database is made"


def test_a_web_server_that_never_starts_ends_the_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "LONGEST_PAUSE_SECONDS", 0.01)
    broken = Program("web server", (sys.executable, "-c", "raise SystemExit(1)"), essential=True)
    with Signals() as signals, pytest.raises(ImproperlyConfigured, match="the web server doesn't start"):
        Supervisor([broken], {}, tmp_path, signals).run(ready=lambda: False, announce=lambda: None)


def _assert_refused(variables: dict[str, str], sentence: str) -> None:
    command = [sys.executable, "manage.py", "serve"]
    ended = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
    news = [line for line in ended.stderr.splitlines() if not line.startswith(("Running as root:", "Applied"))]
    assert (ended.returncode, len(news)) == (1, 1), ended.stderr
    assert news[0].startswith("error: ")
    assert sentence in news[0]
