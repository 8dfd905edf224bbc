"""`manage.py serve` as a real process on a free port, with everything that belongs to it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120.0
# Whoever was there before the tests is none of their processes, and need not be asked for its words each time.
BEGINNING = psutil.Process().create_time()


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE_SECONDS) -> None:
    """Poll until `condition` holds; fail after two minutes, or so many seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.05)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_directory: Path, port: int, **variables: str) -> dict[str, str]:
    """The environment of a bare machine: what the test run itself was given for servers is taken out."""
    bare = {"DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": "", "BASE_URL": f"http://127.0.0.1:{port}"}
    return os.environ | bare | {"DATA_DIR": str(data_directory), "HOST": "127.0.0.1", "PORT": str(port)} | variables


class Served:
    """One run of `manage.py serve`."""

    def __init__(self, data_directory: Path, *arguments: str, **variables: str) -> None:
        self.port = free_port()
        self.data_directory = data_directory
        self._log = data_directory.parent / f"serve-{self.port}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *arguments],
                cwd=PROJECT,
                env=environment(data_directory, self.port, **variables),
                stderr=log,
                stdout=log,
            )

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def wait_until_serving(self, patience: float = PATIENCE_SECONDS) -> None:
        """Wait for its own word that it serves."""
        until(lambda: self._serving() or self.process.poll() is not None, "the web server", patience)
        assert self._serving(), self.output

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether it answers, and says that it is ready."""
        try:
            return self.get("/readyz")[0] == HTTPStatus.OK
        except OSError:
            return False

    def running(self, command: str = "") -> list[psutil.Process]:
        """The living processes of this data directory, whoever their parent is, with `command` in their words."""
        return [process for process in psutil.process_iter() if self._is_ours(process, command)]

    def stop(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def kill_everything(self) -> None:
        """Leave nothing to the next test."""
        for process in [self.process, *self.running()]:
            process.kill()
        self.process.wait()

    def _serving(self) -> bool:
        return f"Serving on http://127.0.0.1:{self.port} (Ctrl-C stops)" in self.output

    def _is_ours(self, process: psutil.Process, command: str) -> bool:
        try:
            if process.create_time() < BEGINNING:
                return False
            words = process.cmdline()
            here = any(str(self.data_directory) in word for word in words)
            ours = here or process.environ().get("DATA_DIR") == str(self.data_directory)
        except psutil.Error:
            return False
        return ours and command in " ".join(words) and process.pid != os.getpid()
