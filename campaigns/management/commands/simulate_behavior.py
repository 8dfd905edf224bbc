"""`manage.py simulate_behavior`: what a customer's events, or those of a CSV, would have earned, and why not."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.behaviors.compiled import behaviors_of_campaigns
from campaigns.behaviors.engine import EngineEvent
from campaigns.behaviors.simulation import Simulation, events_in_csv, stored_events
from campaigns.customer_facts.facts import facts_of
from campaigns.models import Achievement
from customers.customers.lookup import get_customer
from customers.errors import DomainError
from customers.models import Organization

LIMIT = 10_000


class Command(BaseCommand):
    """Replay events."""

    help = "Replay events against a behavior from the beginning; nothing is written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which behavior, and whose events."""
        parser.add_argument("behavior", type=int, help="the behavior's id")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--customer", help="the id of a customer whose stored events are replayed")
        source.add_argument("--csv", type=Path, help="a file with the columns name, at, amount, quantity, attributes …")
        parser.add_argument("--limit", type=int, default=LIMIT, help=f"how many of the newest events (default {LIMIT})")

    def handle(self, *_: object, **options: Any) -> None:
        """Print a line for each event that a goal looks at, and how often the behavior was earned."""
        if options["limit"] < 0:
            raise CommandError("--limit is a number of events.")
        behavior = Achievement.objects.filter(id=options["behavior"], composite=None, deleted_at=None).first()
        if behavior is None:
            raise CommandError("Behavior not found.")
        try:
            self._replay(behavior, options)
        except DomainError as error:
            sentences = [sentence for several in error.fields.values() for sentence in several]
            raise CommandError(" ".join([error.message, *sentences])) from error
        except (OSError, UnicodeError) as error:
            raise CommandError(f"The file can't be read: {error}") from error

    def _replay(self, behavior: Achievement, options: dict[str, Any]) -> None:
        organization: Organization = behavior.organization
        (compiled,) = (
            one
            for one in behaviors_of_campaigns(organization_id=organization.pk, campaign_ids=[behavior.campaign_id])
            if one.behavior.id == behavior.pk
        )
        customer = options["customer"] and get_customer(organization=organization, customer_id=options["customer"])
        simulation = Simulation(compiled, organization.zone, facts_of(customer) if customer else None)
        events = stored_events(customer=customer, limit=options["limit"]) if customer else _lines(options["csv"])
        told = earned = 0
        for one in simulation.replay(events):
            told, earned = told + 1, earned + one.is_earned
            reasons = ["EARNS the behavior"] if one.is_earned else []
            at = one.event.at.isoformat()
            self.stdout.write(f"{at} {one.event.name}: {'; '.join([*reasons, *one.reasons])}")
        self.stdout.write(f"{behavior.name}: earned {earned} times by {told} events.")


def _lines(path: Path) -> Iterator[EngineEvent]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from events_in_csv(file)
