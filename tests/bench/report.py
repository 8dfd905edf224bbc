"""What was measured: a table for people, `bench.json` for machines."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.harness import Outcome
from tests.bench.load import tool
from tests.bench.requests import CONNECTIONS

COLUMNS = ("req/s", "p50 ms", "p99 ms", "ratio", "goal", "stretch", "met", "queries")


def print_report(outcomes: Sequence[Outcome]) -> None:
    """Show one row a scenario."""
    console = Console(width=None if Console().is_terminal else 130)
    table = Table(
        title=f"Ratios to a bare Django view, or to what is named (load: {tool()}, {CONNECTIONS} connections)"
    )
    table.add_column("what")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for outcome in outcomes:
        table.add_row(*_cells(outcome))
    console.print(table)


def write_report(outcomes: Sequence[Outcome], path: Path, *, rounds: int, seconds: float) -> None:
    """Write everything that was measured, with what is needed to judge it later."""
    machine = {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        # Of the last minutes: what else ran tells how far the numbers can be trusted.
        "load_average": os.getloadavg(),
    }
    load = {"tool": tool(), "connections": CONNECTIONS, "rounds": rounds, "seconds": seconds}
    document = {"machine": machine, "load": load, "rows": [_row(outcome) for outcome in outcomes]}
    path.write_text(json.dumps(document, indent=2) + "\n")


def is_met(outcome: Outcome) -> bool | None:
    """Whether the goal is reached; None where there is none."""
    goal = outcome.scenario.goal
    return None if goal is None else outcome.ratio >= goal


def _cells(outcome: Outcome) -> list[str]:
    scenario, measured = outcome.scenario, outcome.measurement
    against = f", to {scenario.reference_name}" if scenario.reference else ""
    met = {True: "[green]yes[/green]", False: "[red]no[/red]", None: ""}[is_met(outcome)]
    return [
        scenario.name + against,
        f"{measured.rate:,.0f}",
        f"{measured.p50:.1f}",
        f"{measured.p99:.1f}",
        f"{outcome.ratio:.3f}",
        *("" if value is None else f"{value:.2f}" for value in (scenario.goal, scenario.stretch)),
        met,
        "" if scenario.queries is None else str(scenario.queries),
    ]


def _row(outcome: Outcome) -> dict[str, Any]:
    scenario = outcome.scenario
    return {
        "what": scenario.name,
        "requests_per_second": round(outcome.measurement.rate, 1),
        "p50_ms": outcome.measurement.p50,
        "p99_ms": outcome.measurement.p99,
        "reference": scenario.reference_name,
        "reference_requests_per_second": round(outcome.reference_rate, 1),
        "ratio": round(outcome.ratio, 4),
        "ratios": [round(ratio, 4) for ratio in outcome.ratios],
        "goal": scenario.goal,
        "stretch": scenario.stretch,
        "met": is_met(outcome),
        "queries": scenario.queries,
    }
