"""The services of compose.yaml as processes of this machine, with the programs of one virtual environment alone."""

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.production.compose import Service, services

PROJECT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS, GRACE_SECONDS = 120.0, 20.0


class Deployment:
    """Started with `start`, looked at with `run`; whatever of it still runs ends with the block, by its process id."""

    def __init__(self, programs: Path, variables: Mapping[str, str], here: Mapping[str, str]) -> None:
        """`variables` are those of `.env`, `here` what is another inside of a container."""
        self.services = services(variables)
        self._path = f"{programs}:/usr/bin:/bin"
        self._here = here
        self._folder = Path(here["DATA_DIR"])
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if kind is not None:
            for name in self._running:
                sys.stderr.write(f"--- {name}\n{self.log(name)}\n")

    def environment(self, service: Service) -> dict[str, str]:
        """What a process of the service sees: nothing of this machine's own but the way to programs."""
        return {"PATH": self._path, "HOSTNAME": platform.node(), **service.environment, **self._here}

    def run(self, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside the services, in their environment but for `changes` (empty: not there)."""
        variables = {**self.environment(self.services["web"]), **changes}
        return subprocess.run(
            command,
            env={name: value for name, value in variables.items() if value},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def start(self, name: str) -> None:
        """Start a service by its own command."""
        service = self.services[name]
        with self._log_of(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                service.command,
                env=self.environment(service),
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Poll until it holds; AssertionError where it doesn't in time, or a service has ended meanwhile."""
        deadline = time.monotonic() + seconds
        while not condition():
            ended = {name: process.returncode for name, process in self._running.items() if process.poll() is not None}
            assert not ended, f"while waiting for {what} these ended: {ended}"
            assert time.monotonic() < deadline, f"waited in vain for: {what}"
            time.sleep(0.2)

    def stop(self) -> dict[str, int]:
        """Ask all to end, as `docker compose down` does; their exit codes."""
        for process in self._running.values():
            process.terminate()
        return {name: process.wait(GRACE_SECONDS) for name, process in self._running.items()}

    def log(self, name: str) -> str:
        """What a service has said."""
        return self._log_of(name).read_text()

    def _log_of(self, name: str) -> Path:
        return self._folder / f"{name}.log"
