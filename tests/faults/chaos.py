"""`make chaos`: a million customers, and workers that are struck again and again until everything is delivered.

The worker is killed, the database crashes where it is the embedded one (without `DATABASE_URL`; a server that
isn't ours is left alone), and the broker is emptied where it is Redis (`REDIS_URL`). `CUSTOMERS` says another size,
`SECONDS` how long that goes on, and `LEAST` how often each must have struck building, and how often delivering.
"""

import importlib
import os
import shutil
import sys
from pathlib import Path

import django
from django.core.management import call_command

from config.environment import env
from config.supervision import Signals
from tests.bench.database import own_database

CUSTOMERS = int(os.environ.get("CUSTOMERS", "1000000"))
SECONDS = float(os.environ.get("SECONDS", "120"))
LEAST = int(os.environ.get("LEAST", "1"))
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run in a database of its own; 0 where everything is whole and was delivered."""
    data = Path(env.str("DATA_DIR", str(ROOT / ".data"))).expanduser().absolute() / "chaos"
    server = env.str("DATABASE_URL", "")
    # A signal to stop is heeded between two steps, so that nothing is left behind.
    with Signals() as signals, own_database(server, data) as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url, "DATA_DIR": str(data)}
        django.setup()
        call_command("migrate", verbosity=0)
        folder = data / "barrage"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        barrage = importlib.import_module("tests.faults.barrage").Barrage(
            folder, signals, None if server else data / "postgresql"
        )
        is_whole = barrage.run(CUSTOMERS, SECONDS, LEAST)
        # Fails with exit code 1 where the data is no longer sound.
        call_command("verify")
        return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
