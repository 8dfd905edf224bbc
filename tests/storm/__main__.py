"""`python -m tests.storm`: SECONDS (60) of everything at once, in a database of its own; 1 where anything is wrong.

With `DATABASE_URL` on that server, else on an embedded one of its own; with `REDIS_URL` over Celery, else in process.
`POSTGRES_LOG` names the log of the server of `DATABASE_URL`, whose error lines are then findings; without it the report
says that no log was read.
"""

import importlib
import os
import shutil
import signal
import sys
from pathlib import Path

import django
from django.core.management import call_command

from config.environment import env
from tests.bench.database import own_database
from tests.config.served import free_port

SECONDS = float(os.environ.get("SECONDS", "60"))
NAME = "campaigns_storm"
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Prepare, rage, and take the account."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    data = Path(env.str("DATA_DIR", str(ROOT / ".data"))).expanduser().absolute() / "storm"
    server = env.str("DATABASE_URL", "")
    with own_database(server, data, NAME) as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url, "DATA_DIR": str(data)}
        django.setup()
        call_command("migrate", verbosity=0)
        folder = data / "served"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        log, unread = postgres_log(server, data)
        storm = importlib.import_module("tests.storm.storm").Storm(folder, log, unread, free_port())
        return 0 if storm.run(SECONDS) else 1


def postgres_log(server: str, data: Path) -> tuple[Path | None, str]:
    """PostgreSQL's log; None, and why, where there is none to be read."""
    given, own = os.environ.get("POSTGRES_LOG", ""), data / "postgresql" / "log"
    if given:
        return Path(given), ""
    if server:
        return None, "POSTGRES_LOG doesn't say where the server of DATABASE_URL keeps it"
    return (own, "") if own.exists() else (None, f"the embedded server keeps none at {own}")


if __name__ == "__main__":
    sys.exit(main())
