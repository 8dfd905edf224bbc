"""Keeps child processes running and stops them in order, for `manage.py serve` and the web server's workers."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Self

import structlog
from django.core.exceptions import ImproperlyConfigured

from config.processes import Program

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 10.0
# make forwards SIGTERM even if the whole process group got it: two signals within this time count as one.
SAME_SIGNAL_SECONDS = 2.0
# A process that ran this long had started well; its next failure counts as the first.
STEADY_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 10.0
ATTEMPTS_OF_AN_ESSENTIAL = 3
PR_SET_PDEATHSIG = 1

log = structlog.get_logger(__name__)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Signals:
    """Signals as something to wait for, so that they interrupt no code: a stop is noticed between two steps."""

    def __enter__(self) -> Self:
        self.stop_requested = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _noted) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, at most so long; whether this or an earlier one asks to stop."""
        select.select([self._reader], [], [], seconds)
        with suppress(BlockingIOError):
            while received := self._reader.recv(256):
                self.stop_requested |= any(number in STOP_SIGNALS for number in received)
        return self.stop_requested


class Child:
    """One program's process: started, restarted, stopped."""

    def __init__(self, program: Program, environment: Mapping[str, str], folder: Path) -> None:
        self.program = program
        self._environment = environment
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._start_at = 0.0
        self.failures = 0

    def maintain(self) -> None:
        """Note that the process has ended, and start it when it is due."""
        now = time.monotonic()
        if self._process and self._process.poll() is not None:
            self._note_death(now)
        if not self._process and now >= self._start_at:
            self._began = now
            self._process = subprocess.Popen(
                self.program.command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),
                # A session of its own: Ctrl-C in a terminal reaches the supervisor only.
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - the supervisor has one thread
            )

    def stop(self, still_patient: Callable[[float], bool]) -> None:
        """Send SIGTERM, then SIGKILL to the rest of its session once `still_patient` (called repeatedly) returns
        False.
        """
        if not self._process:
            return
        self._process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline and still_patient(0.1):
            pass
        self._end_session()

    def _note_death(self, now: float) -> None:
        assert self._process
        ran = now - self._began
        self.failures = 1 if ran > STEADY_SECONDS else self.failures + 1
        pause = min(0.5 * 2 ** (self.failures - 1), LONGEST_PAUSE_SECONDS)
        log.warning(
            "process_ended", process=self.program.name, status=self._process.returncode, starting_again_in=pause
        )
        self._start_at = now + pause
        self._end_session()

    def _end_session(self) -> None:
        assert self._process
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


class Supervisor:
    """Runs the processes of `programs`; if an essential one can't start, stops them all."""

    def __init__(
        self, programs: Sequence[Program], environment: Mapping[str, str], folder: Path, signals: Signals
    ) -> None:
        self._children = [Child(program, environment, folder) for program in programs]
        self._signals = signals

    def run(self, ready: Callable[[], bool], announce: Callable[[], None]) -> None:
        """Run until a signal asks to stop; `announce` is called once, as soon as `ready` returns True.

        Raises ImproperlyConfigured if an essential process ends three times without having been ready.
        """
        waiting = True
        try:
            while not self._signals.wait(0.1 if waiting else 1.0):
                for child in self._children:
                    child.maintain()
                if waiting and ready():
                    waiting = False
                    announce()
                self._fail_if_essential_fails(ready)
        finally:
            self._stop()

    def _fail_if_essential_fails(self, ready: Callable[[], bool]) -> None:
        for child in self._children:
            if child.program.essential and child.failures and ready():
                child.failures = 0
            if child.program.essential and child.failures >= ATTEMPTS_OF_AN_ESSENTIAL:
                raise ImproperlyConfigured(f"the {child.program.name} doesn't start; its own messages are above")

    def _stop(self) -> None:
        """Stop the processes one after the other; a further signal skips waiting for the current one."""
        patient_until = time.monotonic() + SAME_SIGNAL_SECONDS
        log.info("stopping", processes=[child.program.name for child in self._children])

        def still_patient(seconds: float) -> bool:
            self._signals.stop_requested = False
            return not self._signals.wait(seconds) or time.monotonic() < patient_until

        for child in self._children:
            child.stop(still_patient)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wake-up descriptor gets the signal's number."""


def _end_with(parent: int) -> Callable[[], None] | None:
    """Make Linux send SIGTERM to the child when its parent dies, however that happens."""
    if _libc is None:
        return None
    prctl = _libc.prctl

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
