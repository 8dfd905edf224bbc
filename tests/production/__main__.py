"""`python -m tests.production VENV`: compose.yaml's commands with what `requirements/runtime.txt` installs alone.

VENV is a virtual environment that was made from that file alone. `DATABASE_URL` and `REDIS_URL` name the servers; the
database is one of its own, made and dropped. A message that is scheduled over HTTP is delivered, the health checks say
that all is well, and `check --deploy` says what is missing. Everything ends within minutes, whatever happens.
"""

import json
import os
import secrets
import signal
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from tests.bench.database import own_database
from tests.config.served import free_port
from tests.production.client import Client
from tests.production.deployment import Deployment

PEOPLE = 500
MOST_SECONDS = 600
# What production must be told: without the first ones nothing starts, `check --deploy` finds all others at once.
COMPULSORY = ("SECRET_KEY", "ENCRYPTION_KEYS")
MISSED = {"ALLOWED_HOSTS": "", "BASE_URL": "", "DATABASE_URL": "", "REDIS_URL": "", "SECURE_SSL_REDIRECT": "0"}


def main() -> int:
    """Run all of it; an AssertionError says what is wrong. Nothing is left behind, also when it is told to end."""
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda number, _: sys.exit(f"ended by {signal.Signals(number).name}"))
    signal.alarm(MOST_SECONDS)
    programs = Path(sys.argv[1]).absolute() / "bin"
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="production-") as folder,
        own_database(os.environ["DATABASE_URL"], Path(folder), "campaigns_production") as database,
        Deployment(programs, _variables(database), _here(folder, port)) as deployment,
    ):
        _check_settings(deployment)
        migrated = deployment.run(*deployment.services["migrate"].command)
        assert migrated.returncode == 0, migrated.stderr
        for name in ("web", "worker", "beat"):
            deployment.start(name)
        _deliver(deployment, f"http://127.0.0.1:{port}")
        for name in ("worker", "beat"):
            health = deployment.run("sh", "-c", deployment.services[name].health)
            assert health.returncode == 0, health.stdout + health.stderr
        codes = deployment.stop()
        assert not any(codes.values()), codes
        for name in ("web", "worker", "beat"):
            assert "Traceback" not in deployment.log(name), deployment.log(name)
    return 0


def _variables(database: str) -> dict[str, str]:
    """The `.env` of somebody who has read what production needs."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "POSTGRES_PASSWORD": "unused",
        "DATABASE_URL": database,
        "REDIS_URL": os.environ["REDIS_URL"],
        "ALLOWED_HOSTS": "127.0.0.1",
        "BASE_URL": "https://campaigns.example.org",
        "WEB_WORKERS": "1",
    }


def _here(folder: str, port: int) -> dict[str, str]:
    """What is another here than in a container; and there is no TLS on the way from us."""
    return {"DATA_DIR": folder, "HOST": "127.0.0.1", "PORT": str(port), "SECURE_SSL_REDIRECT": "0"}


def _check_settings(deployment: Deployment) -> None:
    check = ("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    whole = deployment.run(*check, SECURE_SSL_REDIRECT="1")
    assert whole.returncode == 0, whole.stderr
    for missing in (*({name: ""} for name in COMPULSORY), MISSED):
        lacking = deployment.run(*check, **{"SECURE_SSL_REDIRECT": "1", **missing})
        assert lacking.returncode, f"{missing} is not missed"
        assert all(name in lacking.stderr for name in missing), lacking.stderr


def _deliver(deployment: Deployment, address: str) -> None:
    """Schedule a message, and see it delivered by whoever is at work."""
    deployment.until(lambda: _health(address, "/readyz")[0] == 200, "the web server")
    generated = deployment.run("python", "manage.py", "generate_customers", str(PEOPLE), "--organization", "Production")
    assert generated.returncode == 0, generated.stderr
    made = deployment.run(
        "python", "manage.py", "create_application", "--organization", "Production", "--name", "Production"
    )
    assert made.returncode == 0, made.stderr
    client = Client(address, dict(line.split("=", 1) for line in made.stdout.splitlines()))
    creative = client.schedule_file()
    deployment.until(lambda: client.delivery(creative)["state"] == "complete", "the delivery")
    counts, lines = client.delivery(creative)["counts"], client.lines(creative)
    assert counts["sent"] == len(lines) - 1 > 0, counts
    status, told = _health(address, "/readyz?workers")
    assert (status, {*told["checks"].values()}) == (200, {"ok"}), told
    sys.stdout.write(f"delivered to {counts['sent']} of {PEOPLE} customers\n")


def _health(address: str, path: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(address + path, timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except OSError:
        return 0, {}


if __name__ == "__main__":
    sys.exit(main())
