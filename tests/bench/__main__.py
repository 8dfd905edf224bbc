"""`python -m tests.bench [name …]`: all scenarios, or those whose name contains one of the given words."""

import argparse
import importlib
import os
import signal
import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from config.environment import env
from tests.bench import edn
from tests.bench.database import own_database
from tests.bench.harness import Outcome, Scenario, Servers, measure
from tests.bench.report import print_report, write_report
from tests.bench.requests import RunFailedError
from tests.bench.server import running

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = "tests.bench.settings"
# Modules of this package; each names its scenarios, and on demand prepares its data and returns them.
SUITES = ("management", "marketing_solutions", "trace", "channel", "edits", "funnel", "behaviors", "channels")


def main() -> int:
    """Measure in a database of its own, and report."""
    options = _options()
    # What was started is ended in any case.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    data_directory = Path(env.str("DATA_DIR", str(ROOT / ".data"))).expanduser().absolute() / "bench"
    os.chdir(ROOT)
    try:
        with own_database(env.str("DATABASE_URL", ""), data_directory) as url:
            os.environ |= {"DJANGO_SETTINGS_MODULE": SETTINGS, "DATABASE_URL": url, "DATA_DIR": str(data_directory)}
            outcomes = [*_measure(options), *_codec(options.names), *_delivery(options)]
    except RunFailedError as error:
        sys.stderr.write(f"No numbers: {error}\n")
        return 1
    print_report(outcomes)
    write_report(outcomes, ROOT / "bench.json", rounds=options.rounds, seconds=options.seconds)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="a part of a scenario's name")
    parser.add_argument("--rounds", type=int, default=5, help="how often each scenario runs (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="how long each run is (default 2)")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> list[Outcome]:
    django.setup()
    call_command("migrate", verbosity=0)
    scenarios = [scenario for scenario in _scenarios(options.names) if _chosen(scenario.name, options.names)]
    if not scenarios and (_codec_is_chosen(options.names) or _delivery_is_chosen(options.names)):
        return []
    if not scenarios:
        raise RunFailedError(f"no scenario is called {' or '.join(options.names)}")
    connections.close_all()
    with (
        running("tests.bench.ceiling.application:application", "tests.bench.ceiling.settings", "/constant") as ceiling,
        running("config.asgi:application", SETTINGS, "/readyz") as product,
    ):
        servers = Servers(product=product, ceiling=ceiling)
        return measure(scenarios, servers, rounds=options.rounds, seconds=options.seconds, tell=_tell)


def _scenarios(names: list[str]) -> list[Scenario]:
    """The scenarios of every suite that has a chosen one; the others' data isn't made.

    The suites are imported only now: their modules need Django's applications.
    """
    scenarios: list[Scenario] = []
    for suite in SUITES:
        module = importlib.import_module(f"tests.bench.{suite}")
        if any(_chosen(name, names) for name in module.NAMES):
            made: list[Scenario] = module.scenarios()
            if {scenario.name for scenario in made} != set(module.NAMES):
                raise RunFailedError(f"the NAMES of {suite} are not those of its scenarios")
            scenarios += made
    return scenarios


def _codec(names: list[str]) -> list[Outcome]:
    """The EDN reader and writer, which need no server."""
    return edn.outcomes() if _codec_is_chosen(names) else []


def _codec_is_chosen(names: list[str]) -> bool:
    return any(_chosen(scenario.name, names) for scenario in edn.SCENARIOS.values())


def _delivery(options: argparse.Namespace) -> list[Outcome]:
    """Building audiences, which needs no server but much data: last, so that the others don't share its table."""
    if not _delivery_is_chosen(options.names):
        return []
    delivery = importlib.import_module("tests.bench.delivery")
    found: list[Outcome] = delivery.outcomes(options.rounds)
    return found


def _delivery_is_chosen(names: list[str]) -> bool:
    return _chosen("build an audience", names)


def _chosen(name: str, names: list[str]) -> bool:
    return not names or any(part in name for part in names)


def _tell(step: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{step}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
