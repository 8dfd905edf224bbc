"""`manage.py deliveries`: live progress of what is being built and delivered."""

import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from campaigns.models import Delivery
from campaigns.schedule.deliveries import deliveries_to_watch

SECONDS = 0.5
RECENT = timedelta(minutes=10)
COUNTS = ("sent", "failed", "skipped", "ambiguous")
COLOURS = {"complete": "green", "failed": "red", "skipped": "yellow", "paused": "yellow", "cancelled": "dim"}


class Command(BaseCommand):
    """Shows deliveries that move, wait or have just ended, of all organizations."""

    help = "Show the progress of deliveries until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --once."""
        parser.add_argument("--once", action="store_true", help="show them once and end, as is done without a terminal")

    def handle(self, *_: object, once: bool, **__: object) -> None:
        """Show, and look again twice a second."""
        console = Console(width=None if Console().is_terminal else 140)
        if once or not console.is_terminal:
            console.print(_table())
            return
        with Live(_table(), console=console, auto_refresh=False) as live:
            while True:
                time.sleep(SECONDS)
                live.update(_table(), refresh=True)


def _table() -> Table:
    table = Table(box=None, header_style="dim")
    for name in (
        "creative",
        "organization",
        "state",
        "",
        "audience",
        "sent",
        "failed",
        "skipped",
        "ambiguous",
        "error",
    ):
        table.add_column(name, justify="right" if name in {"audience", *COUNTS} else "left")
    for delivery in deliveries_to_watch(since=timezone.now() - RECENT):
        table.add_row(*_cells(delivery))
    return table


def _cells(delivery: Delivery) -> list[Any]:
    colour = COLOURS.get(delivery.state, "cyan")
    bar = ProgressBar(total=100, completed=delivery.progress, width=24)
    counts = [f"{getattr(delivery, name):,}" for name in ("audience", *COUNTS)]
    state = Text(delivery.state, style=colour)
    # Texts, for a name with brackets in it is no markup.
    return [
        Text(delivery.creative.name),
        Text(delivery.organization.name),
        state,
        bar,
        *counts,
        Text(delivery.error[:60]),
    ]
