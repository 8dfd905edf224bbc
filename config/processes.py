"""The processes that serve the product, and their command lines.

`manage.py serve` runs them all; `manage.py web`, `worker` and `beat` become one of them, and compose.yaml calls these.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from django.conf import settings

from config.postgresql import embedded


@dataclass(frozen=True)
class Program:
    """A process to keep running: its name in messages, its command line, and whether nothing works without it."""

    name: str
    command: tuple[str, ...]
    essential: bool = False


def programs(host: str, port: int) -> list[Program]:
    """The processes, in the order in which they are stopped: the web server first, the database last."""
    web = Program("web server", web_server(host=host, port=port), essential=True)
    if settings.REDIS_URL:
        work = [Program("beat", beat()), Program("worker", worker())]
    else:
        work = [Program("worker and beat", (sys.executable, "manage.py", "work"))]
    if settings.EMBEDDED_POSTGRESQL:
        keeper = (sys.executable, "-m", "config.postgresql.keeper", str(settings.EMBEDDED_POSTGRESQL))
        return [web, *work, Program("database keeper", keeper)]
    return [web, *work]


def web_server(*, host: str, port: int, target: str = "config.asgi:application") -> tuple[str, ...]:
    """The command of the web server for the ASGI application `target`."""
    options = {"--host": host, "--port": port, "--workers": settings.WEB_WORKERS}
    spelled = [str(part) for option in options.items() for part in option]
    return (sys.executable, "-m", "config.door", *spelled, target)


def worker() -> tuple[str, ...]:
    """The command of the worker, without the messages between workers, which share nothing but rows."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    many = (f"--concurrency={settings.WORKER_CONCURRENCY}", f"--loglevel={settings.LOG_LEVEL}")
    return _celery("worker", *many, "--hostname=worker@%h", *quiet)


def beat() -> tuple[str, ...]:
    """The command of beat, with remote control for health checks."""
    return _celery("beat", "--enable-remote-control", "--hostname=beat@%h")


def become(command: tuple[str, ...]) -> NoReturn:
    """Replace this process, so that signals reach the new one directly."""
    os.execv(command[0], command)


def environment() -> dict[str, str]:
    """The environment of the processes, with the URL of the embedded server, so that none starts its own."""
    directory: Path | None = settings.EMBEDDED_POSTGRESQL
    variables = {**os.environ, "DATA_DIR": str(settings.DATA_DIR)}
    return variables | {"DATABASE_URL": embedded.url(embedded.start(directory))} if directory else variables


def _celery(*arguments: str) -> tuple[str, ...]:
    # Containers run as root; the warning is about pickle, and we accept only JSON.
    as_root = ("-W", "ignore:You're running the worker with superuser privileges")
    return (sys.executable, *as_root, "-m", "celery", "-A", "config", "--quiet", "--skip-checks", *arguments)
