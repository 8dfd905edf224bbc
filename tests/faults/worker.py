"""A worker as a real process on the test's own database: Celery's with Redis where there is one, else ours without."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

from tests.config.served import PROJECT

QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat"]


def database_url() -> str:
    """The address of the test's database."""
    values: dict[str, Any] = connection.settings_dict
    host, port = values["HOST"], values["PORT"]
    who = quote(values["USER"] or "postgres") + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    if host and not host.startswith("/"):
        return f"postgresql://{who}@{host}:{port or 5432}/{values['NAME']}"
    return f"postgresql://{who}@/{values['NAME']}?host={quote(host or connection.connection.info.host, safe='')}"


class Worker:
    """Worker and beat; `kill` ends them as a power cut would."""

    def __init__(self, folder: Path, *, redis_url: str = "", beats: int = 1, **variables: str) -> None:
        self.redis_url = redis_url
        self._environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": redis_url,
            "DATA_DIR": str(folder / "data"),
            "PROVIDERS": str(folder),
            "AUDIENCE_CHUNK": "50",
            "LEASE_SECONDS": "2",
            **variables,
        }
        self._folder = folder
        (folder / "data").mkdir(exist_ok=True)
        celery = [sys.executable, "-m", "celery", "-A", "config", "--quiet", "--skip-checks"]
        self._commands = (
            [[*celery, "worker", "--concurrency=2", *QUIET], *[[*celery, "beat"]] * beats]
            if redis_url
            else [[sys.executable, "manage.py", "work"]]
        )
        self._processes: list[subprocess.Popen[bytes]] = []
        self.start()

    @property
    def is_dead(self) -> bool:
        """Whether a process has ended. Of Celery's worker only a child dies, which it replaces by itself."""
        return any(process.poll() is not None for process in self._processes)

    def start(self) -> None:
        """Start the processes, each in a session of its own."""
        log = (self._folder / "worker.log").open("ab")
        self._processes = [
            subprocess.Popen(
                command, cwd=PROJECT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
            for command in self._commands
        ]
        log.close()

    def kill(self) -> None:
        """SIGKILL to every process and all its children."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def revive(self) -> None:
        """What `serve` does when a process has died."""
        self.kill()
        self.start()
