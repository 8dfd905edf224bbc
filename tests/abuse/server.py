"""The web server as compose.yaml runs it, and a worker, with a database of their own on the tests' server."""

import copy
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psutil
import psycopg
import urllib3
from django.conf import settings
from django.db import connection
from psycopg import sql

from config.supervision import _end_with
from tests.config.served import PROJECT, free_port, until
from tests.databases import connected_to

# Short times, for tests that wait for them; how long they are by default is `tests/config/test_door.py`'s.
BODY_SECONDS, ANSWER_SECONDS = 2, 3
# Longer than any test lasts: no preview ends because of it.
PREVIEW_SECONDS = 600
# Fewer than by default, so that a slow machine asks for one more within a minute; more than all other tests bring.
NEW_VISITORS = 150
# All connections of the server to its database: two threads that answer and one for /readyz, in two processes.
MOST_CONNECTIONS = 6


def faults_in(log: str) -> list[str]:
    """The lines of a log in JSON that are errors, or no JSON at all."""
    found = []
    for line in log.splitlines():
        try:
            level = json.loads(line)["level"]
        except (ValueError, KeyError):
            level = "error"
        if level in {"error", "critical"}:
            found.append(line)
    return found


def lines_in(log: str, event: str) -> list[dict[str, Any]]:
    """The lines of a log in JSON that tell of this event; the last one may still be in writing."""
    whole = log[: log.rfind("\n") + 1].splitlines()
    return [json.loads(line) for line in whole if f'"event": "{event}"' in line]


class Server:
    """`port` and `base_url` say where it is; it runs from `start` to `kill`."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.exports = folder / "exports"
        # Where it would keep what it doesn't hold in memory.
        self.temporary = folder / "temporary"
        self._log = folder / "web.log"
        self._name = database
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.temporary.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self, **variables: str) -> None:
        """Start it, and wait until it is ready."""
        process = self._process = self._started("web", self._log, variables)
        until(lambda: process.poll() is not None or self.is_ready(), "the web server", 60)
        assert process.poll() is None, self.log

    @contextmanager
    def beside(self, **variables: str) -> Iterator["Server"]:
        """Another one on the same database, with other settings, for as long as the block lasts."""
        other = copy.copy(self)
        other.port = free_port()
        other.base_url = f"http://127.0.0.1:{other.port}"
        other._log, other._process = self.folder / f"web-{other.port}.log", None
        try:
            other.start(**variables)
            yield other
        finally:
            other.kill()

    @contextmanager
    def worker(self, **variables: str) -> Iterator[Path]:
        """A worker on the same database for as long as the block lasts, by its log; its world is this machine."""
        log = self.folder / f"worker-{len([*self.folder.glob('worker-*.log')])}.log"
        process = self._started("work", log, {"REDIS_URL": "", "ALLOW_PRIVATE_DESTINATIONS": "1", **variables})
        try:
            yield log
            assert process.poll() is None, log.read_text()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            # Else the next one would count as heard before it is there.
            with self._connected(self._name) as beside:
                beside.execute("DELETE FROM config_heartbeat")

    def _started(self, command: str, log: Path, variables: dict[str, str]) -> "subprocess.Popen[bytes]":
        """The process of a command of `manage.py`, in a session of its own."""
        with log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "manage.py", command],
                cwd=PROJECT,
                env=os.environ | self._variables() | variables,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - no thread of the test does anything meanwhile
            )

    def kill(self) -> None:
        """End it at once, and wait for the end of all its processes, each of which listens for itself."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            until(lambda: not self._listens(), "the end of all its processes", 20)

    def _listens(self) -> bool:
        listening = (each for each in psutil.net_connections("tcp4") if each.status == psutil.CONN_LISTEN)
        return any(each.laddr.port == self.port for each in listening)

    def is_ready(self) -> bool:
        """Whether it says so itself."""
        return self.status("GET", "/readyz") == 200

    def ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """One request over a connection of its own; `options` are urllib3's."""
        with urllib3.PoolManager(retries=False, timeout=20) as pool:
            return pool.request(method, self.base_url + path, redirect=False, **options)

    def status(self, method: str, path: str, **options: object) -> int:
        """The status of an answer, 0 where there is none."""
        try:
            return int(self.ask(method, path, **options).status)
        except urllib3.exceptions.HTTPError:
            return 0

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    @property
    def said(self) -> int:
        """How much it has said so far, in bytes."""
        return self._log.stat().st_size

    def faults(self, since: int) -> list[str]:
        """The lines of its log that are errors, behind what it had `said` then."""
        with self._log.open("rb") as log:
            log.seek(since)
            return faults_in(log.read().decode())

    def database(self) -> AbstractContextManager[None]:
        """Django's connection of this process leads to the server's database as long as the block lasts."""
        return connected_to(self._name)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Nobody reads this table meanwhile: whoever does takes as long as the block."""
        with self._connected(self._name, autocommit=False) as other:
            other.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
            yield

    def connections(self) -> int:
        """How many connections to its database there are."""
        with self._connected() as beside:
            found = beside.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [self._name]).fetchone()
        assert found
        return int(found[0])

    def statements(self, part: str) -> int:
        """How many statements with these words are running in its database."""
        running = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state = 'active' AND query LIKE %s"
        with self._connected() as beside:
            found = beside.execute(running, [self._name, f"%{part}%"]).fetchone()
        assert found
        return int(found[0])

    def held(self, ports: set[int]) -> Counter[int]:
        """How many connections to these ports of ours each of its processes holds."""
        assert self._process
        family = [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children(recursive=True)]
        return Counter(
            process.pid
            for process in family
            for each in process.net_connections("tcp4")
            if each.status == psutil.CONN_ESTABLISHED and each.raddr.port in ports
        )

    def _variables(self) -> dict[str, str]:
        """What an operator sets in production, and nothing of TLS on the way from here."""
        return {
            "PRODUCTION": "1",
            "SECURE_SSL_REDIRECT": "0",
            "BEHIND_TLS_PROXY": "1",
            "SECRET_KEY": settings.SECRET_KEY,
            "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": self._url(),
            "REDIS_URL": settings.REDIS_URL,
            "DATA_DIR": str(self.folder),
            "TMPDIR": str(self.temporary),
            "EXPORT_ROOT": str(self.exports),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "BASE_URL": self.base_url,
            "WEB_WORKERS": "2",
            "WEB_THREADS": "2",
            "REQUESTS_PER_MINUTE": "0",
            # As everywhere but in tests and in the demo, whose environment says otherwise.
            "ALLOW_PRIVATE_DESTINATIONS": "0",
            # As many as the attack on streamed answers takes; and an end that a test can wait for.
            "SEARCHES_AT_A_TIME": "20",
            "NEW_VISITORS_PER_MINUTE": str(NEW_VISITORS),
            "STATEMENT_TIMEOUT_SECONDS": f"preview={PREVIEW_SECONDS}",
            "LOCK_TIMEOUT_SECONDS": f"preview={PREVIEW_SECONDS},admin=1",
            "STALLED_BODY_SECONDS": str(BODY_SECONDS),
            "UNREAD_ANSWER_SECONDS": str(ANSWER_SECONDS),
        }

    def _url(self) -> str:
        values = self._where()
        user = quote(values["user"] or "postgres", safe="")
        password = f":{quote(values['password'], safe='')}" if values["password"] else ""
        if values["host"].startswith("/"):
            return f"postgresql://{user}{password}@/{self._name}?host={quote(values['host'], safe='')}"
        return f"postgresql://{user}{password}@{values['host']}:{values['port'] or 5432}/{self._name}"

    def _where(self) -> dict[str, Any]:
        parameters: dict[str, Any] = connection.get_connection_params()
        return {name: parameters.get(name) or "" for name in ("host", "port", "user", "password")}

    @contextmanager
    def _connected(self, name: str = "postgres", *, autocommit: bool = True) -> Iterator["psycopg.Connection[Any]"]:
        given = {name: value for name, value in self._where().items() if value}
        with psycopg.connect(**given, dbname=name, autocommit=autocommit) as beside:
            yield beside
