"""`manage.py generate_customers N [--organization NAME]`: an organization with as many customers as you like."""

import time

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.customers.generation import generate_customers
from customers.models import Organization
from customers.organizations.organizations import get_or_create_organization

NAME = "Generated customers"


class Command(BaseCommand):
    """Make the organization and the fields of its schema where they are missing, and add customers."""

    help = "Add N plausible customers to an organization, which is made where it is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number, the organization's name and a seed."""
        parser.add_argument("number", type=int, metavar="N", help="how many customers")
        parser.add_argument("--organization", metavar="NAME", help="default: the oldest one, else a new one")
        parser.add_argument("--seed", type=int, default=0, help="another seed makes other people (default 0)")

    def handle(self, *_: object, number: int, organization: str | None, seed: int, **__: object) -> None:
        """Generate, and tell how far it is."""
        if number < 1:
            raise CommandError("N must be 1 or more")
        oldest = Organization.objects.order_by("id").first() if organization is None else None
        found = oldest or get_or_create_organization(name=organization or NAME)
        began, made = time.monotonic(), 0
        for made in generate_customers(organization=found, number=number, seed=seed):
            if self.stderr.isatty():
                self.stderr.write(f"\r{made:,} of {number:,}", ending="")
        rate = made / max(time.monotonic() - began, 0.001)
        self.stdout.write(f"{made:,} customers of {found.name}: {rate:,.0f} a second")
