"""The embedded PostgreSQL: shared by processes, stopped with the last, and none the worse for a crash."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import environ
import psutil
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.postgresql import embedded
from tests.config.served import PROJECT, until
from tests.faults.blows import crash

HOLD = """
import sys
from pathlib import Path
from config.postgresql import embedded
print(embedded.start(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""
# Starts the server as every process does, and dies as by `kill -9` where that goes from one step to the next.
DIE = """
import os, signal, subprocess, sys
from pathlib import Path
from config.postgresql import embedded

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def die_at_once(command, arguments, bin_path, **options):
    subprocess.Popen([str(bin_path / command), *arguments], user=options["user"], stdout=2)
    die()

steps = {
    "while pg_ctl starts it": (embedded.postgres_server, "pgexec", die_at_once),
    "before it is asked": (embedded, "_ensure_database", die),
    "before its share is known": (embedded, "_exit_on_sigterm", die),
}
setattr(*steps[sys.argv[2]])
embedded.start(Path(sys.argv[1]))
"""
Hold = Callable[[], "Holder"]
pytestmark = pytest.mark.xdist_group("embedded")


class Holder:
    """A process that has a share in the server until its standard input ends."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-c", HOLD, str(directory)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert self.process.stdout
        self.host = self.process.stdout.readline().strip()

    def end(self, number: signal.Signals | None = None) -> str:
        """End it, by a signal or in peace, and return what it said on standard error."""
        if number:
            self.process.send_signal(number)
        return self.process.communicate()[1]


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    # Not pytest's own folder: every run of pytest takes it back from other users, and as root PostgreSQL is one.
    with tempfile.TemporaryDirectory(prefix="embedded-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "postgresql"


@pytest.fixture
def _is_made(directory: Path, hold: Hold) -> None:
    """There is a data directory, and no server over it."""
    if not directory.exists():
        hold().end()
    assert those_of(directory) == []


@pytest.fixture
def hold(directory: Path) -> Iterator[Hold]:
    holders: list[Holder] = []

    def another() -> Holder:
        holders.append(Holder(directory))
        return holders[-1]

    yield another
    for holder in holders:
        if holder.process.poll() is None:
            holder.end()
    for process in [*guards(directory), *postmasters(directory)]:
        process.kill()


def guards(directory: Path) -> list[psutil.Process]:
    return [process for process in those_of(directory) if "config.postgresql.guard" in process.cmdline()]


def those_of(directory: Path) -> list[psutil.Process]:
    """Every process that was called with the server's folder: the server, its guard, whoever is starting it."""
    everybody = psutil.process_iter(["cmdline"])
    return [process for process in everybody if str(directory) in (process.info["cmdline"] or [])]


def postmasters(directory: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if embedded._is_postmaster(process, directory)]


def test_the_server_stops_with_the_last_share_however_the_others_ended(directory: Path, hold: Hold) -> None:
    killed, told, last = hold(), hold(), hold()
    with closing(psycopg.connect(embedded.url(last.host))) as connection:
        assert connection.info.dbname == embedded.DATABASE
    killed.end(signal.SIGKILL)
    told.end(signal.SIGTERM)
    assert postmasters(directory)
    last.end()
    assert postmasters(directory) == []


def test_a_server_that_was_started_again_stops_with_the_last_share(directory: Path, hold: Hold) -> None:
    first, last = hold(), hold()
    (before,) = postmasters(directory)
    crash(directory)
    (after,) = postmasters(directory)
    assert before != after
    with closing(psycopg.connect(embedded.url(last.host))) as connection:
        assert connection.info.dbname == embedded.DATABASE
    first.end()
    assert postmasters(directory) == [after]
    last.end()
    assert postmasters(directory) == []


def test_a_server_whose_last_share_was_killed_stops(directory: Path, hold: Hold) -> None:
    first, last = hold(), hold()
    first.end()
    assert postmasters(directory)
    last.end(signal.SIGKILL)
    until(lambda: not those_of(directory), "the end of the server and of its guard")


@pytest.mark.usefixtures("_is_made")
@pytest.mark.parametrize("when", ["while pg_ctl starts it", "before it is asked", "before its share is known"])
def test_a_server_whose_starter_is_killed_stops(directory: Path, hold: Hold, when: str) -> None:
    starter = subprocess.run([sys.executable, "-c", DIE, str(directory), when], cwd=PROJECT, check=False)
    assert starter.returncode == -signal.SIGKILL
    until(lambda: not those_of(directory), "the end of the server and of its guard")
    hold().end()


def test_a_killed_guard_is_replaced_by_the_next_process_that_needs_the_server(directory: Path, hold: Hold) -> None:
    first = hold()
    (killed,) = guards(directory)
    killed.kill()
    killed.wait()
    last = hold()
    until(lambda: bool(guards(directory)), "a new guard")
    first.end()
    last.end(signal.SIGKILL)
    until(lambda: not those_of(directory), "the end of the server and of its guard")


def test_there_is_one_guard_and_no_signal_but_sigkill_ends_it(directory: Path, hold: Hold) -> None:
    first, last = hold(), hold()
    (guard,) = guards(directory)
    guard.terminate()
    first.end(signal.SIGKILL)
    assert guards(directory) == [guard]
    last.end()
    assert those_of(directory) == []


def test_a_killed_server_starts_again(directory: Path, hold: Hold) -> None:
    holder = hold()
    for process in postmasters(directory):
        process.kill()
    holder.end(signal.SIGKILL)
    until(lambda: not those_of(directory), "the end of the server and of its guard")
    again = hold()
    assert again.host
    again.end()


@pytest.mark.usefixtures("_is_made")
def test_a_pid_file_that_names_a_stranger_is_no_obstacle(directory: Path, hold: Hold) -> None:
    content = f"{os.getpid()}\n{directory}\n1\n5432\n{directory}\n\n1 2\nready\n"
    (directory / "postmaster.pid").write_text(content)
    (directory / ".s.PGSQL.5432.lock").write_text(content)
    assert hold().host


@pytest.mark.parametrize("content", ["", "rubbish", "1\n", "4194305\n/data\n"])
def test_a_pid_file_that_was_cut_short_is_forgotten(tmp_path: Path, content: str) -> None:
    (tmp_path / "postmaster.pid").write_text(content)
    embedded._forget_stale_postmaster(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_the_pid_file_of_a_dead_server_is_left_to_postgresql(tmp_path: Path) -> None:
    content = f"{2**22 + 1}\n{tmp_path}\n1\n5432\n{tmp_path}\n\n1 2\nready\n"
    (tmp_path / "postmaster.pid").write_text(content)
    embedded._forget_stale_postmaster(tmp_path)
    assert (tmp_path / "postmaster.pid").read_text() == content


def test_an_initdb_that_was_killed_is_done_again(directory: Path) -> None:
    beside = directory.with_name("killed")
    draft = directory.with_name("killed.draft")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    holder = Holder(beside)
    assert holder.host
    holder.end()
    assert not draft.exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="can't be used: Not a directory"):
        embedded.start(tmp_path / "file" / "data" / "postgresql")


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root PostgreSQL runs as another user")
def test_as_root_the_opened_folders_are_named_once(directory: Path) -> None:
    # Whichever test comes first opens it.
    directory.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=directory.parent) as closed:
        assert embedded.folders_to_open(Path(closed) / "postgresql") == [Path(closed)]
        said = [Holder(Path(closed) / "postgresql").end() for _ in range(2)]
    assert said[0] == f"Running as root: opened {closed} so that PostgreSQL's own user can reach its files.\n"
    assert said[1] == ""


def test_the_url_is_understood_by_libpq_and_by_the_settings() -> None:
    url = embedded.url("/tmp/A folder+more")
    assert psycopg.conninfo.conninfo_to_dict(url) == {
        "user": "postgres",
        "dbname": "campaigns",
        "host": "/tmp/A folder+more",
    }
    understood = environ.Env.db_url_config(url)
    assert (understood["USER"], understood["NAME"]) == ("postgres", "campaigns")
    assert understood["OPTIONS"] == {"host": "/tmp/A folder+more"}
