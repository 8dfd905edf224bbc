"""`python -m config.door --host HOST --port PORT --workers N TARGET`: uvicorn for an ASGI application, as we run it.

With several workers each process listens on a socket of its own (SO_REUSEPORT), and the kernel spreads connections over
them; if they shared one socket, the first process to wake up would take all waiting connections.
"""

import argparse
import gc
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import uvicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.logging import configure
from config.processes import Program
from config.supervision import Signals, Supervisor

# Connections that may wait to be accepted, and the limit of open files (mostly sockets) to ask for.
BACKLOG = 2_048
OPEN_FILES = 65_536
# Longer than proxies keep an idle connection, or they would write to one that we have just closed.
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 5
FOLDER = Path(__file__).resolve().parents[2]


def main() -> None:
    """Serve until a signal asks to stop."""
    given = _options()
    if given.workers == 1:
        _serve(given)
    else:
        _supervise(given)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m config.door", description=__doc__)
    options.add_argument("--host", required=True)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--workers", type=int, required=True)
    options.add_argument("target")
    return options.parse_args()


def _supervise(given: argparse.Namespace) -> None:
    """Run several processes of one worker each."""
    one = ("--host", given.host, "--port", str(given.port), "--workers", "1", given.target)
    command = (sys.executable, "-m", "config.door", *one)
    workers = [Program(f"web worker {number}", command, essential=True) for number in range(1, given.workers + 1)]
    if settings.LOGGING:
        configure(settings.LOGGING)
    with Signals() as signals:
        supervisor = Supervisor(workers, os.environ, FOLDER, signals)
        try:
            supervisor.run(ready=lambda: _is_listening(given.host, given.port), announce=lambda: None)
        except ImproperlyConfigured as error:
            sys.exit(f"error: {error}")


def _serve(given: argparse.Namespace) -> None:
    """Serve in this process."""
    _raise_limit_of_files()
    # uvicorn shuts down and then raises the signal again, which would look like a crash.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        given.target,
        loop="uvloop",
        http="config.door.connections:Connection",
        ws="none",
        lifespan="off",
        interface="asgi3",
        # The application configures logging, and BEHIND_TLS_PROXY and TRUSTED_PROXIES decide which headers to trust.
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with suppress(KeyboardInterrupt):
        _load(config)
        uvicorn.Server(config).run(sockets=[_bound(given.host, given.port)])


def _load(config: uvicorn.Config) -> None:
    """Load the application with the garbage collector off, as what is loaded stays: a seventh faster."""
    gc.disable()
    try:
        config.load()
    finally:
        gc.enable()


def _bound(host: str, port: int) -> socket.socket:
    """A socket of this process alone, at an address that its siblings also bind."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((host, port))
    return made


def _is_listening(host: str, port: int) -> bool:
    """Whether a worker has loaded the application, before which it doesn't listen."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) == 0


def _raise_limit_of_files() -> None:
    """Raise the limit of open files, so that idle sockets can't use it up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    main()
