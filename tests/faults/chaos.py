"""`make chaos`: a million customers, and a worker that is killed every few seconds until everything is delivered.

`CUSTOMERS` and `SECONDS` in the environment say another size, and how long the killing goes on.
"""

import importlib
import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from config.environment import env
from tests.bench.database import own_database

CUSTOMERS = int(os.environ.get("CUSTOMERS", "1000000"))
SECONDS = float(os.environ.get("SECONDS", "120"))
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run in a database of its own; 0 where everything is whole."""
    data = Path(env.str("DATA_DIR", str(ROOT / ".data"))).expanduser().absolute() / "chaos"
    with own_database(env.str("DATABASE_URL", ""), data) as url, tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url, "DATA_DIR": str(data)}
        django.setup()
        call_command("migrate", verbosity=0)
        storm = importlib.import_module("tests.faults.storm").Storm(CUSTOMERS, Path(folder))
        return int(storm.run(SECONDS))


if __name__ == "__main__":
    sys.exit(main())
