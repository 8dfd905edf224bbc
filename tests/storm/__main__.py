"""`python -m tests.storm`: SECONDS (60) of everything at once, in a database of its own; 1 where anything is wrong.

With `DATABASE_URL` on that server, else on an embedded one of its own; with `REDIS_URL` over Celery, else in process.
`POSTGRES_LOG` names the log of the server of `DATABASE_URL`, whose error lines are then findings.
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
    given = os.environ.get("POSTGRES_LOG", "")
    with own_database(server, data, NAME) as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url, "DATA_DIR": str(data)}
        django.setup()
        call_command("migrate", verbosity=0)
        folder = data / "served"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        own_log = data / "postgresql" / "log"
        log = Path(given) if given else own_log if not server and own_log.exists() else None
        storm = importlib.import_module("tests.storm.storm").Storm(folder, log, free_port())
        return 0 if storm.run(SECONDS) else 1


if __name__ == "__main__":
    sys.exit(main())
