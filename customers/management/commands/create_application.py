"""`manage.py create_application`: a credential for an API client."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from customers.applications.applications import create_application, credentials_of
from customers.errors import DomainError
from customers.models.application import Platform
from customers.organizations.organizations import get_or_create_organization


class Command(BaseCommand):
    """Print the credentials of a new application as KEY=VALUE lines, and nothing else, on standard output."""

    help = "Make an application (and its organization where missing); its secrets are shown only now."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--organization NAME --name NAME [--platform rest …]`."""
        parser.add_argument("--organization", required=True, help="the organization's name; made where it is missing")
        parser.add_argument("--name", required=True, help="the application's name, unique in the organization")
        parser.add_argument("--platform", action="append", default=[], choices=Platform.values)

    def handle(self, *_: Any, **options: Any) -> None:
        """Make it and print it."""
        try:
            with transaction.atomic():
                organization = get_or_create_organization(name=options["organization"])
                application, secret = create_application(
                    organization=organization, name=options["name"], platforms=options["platform"]
                )
        except DomainError as error:
            raise CommandError(" ".join(sentence for field in error.fields.values() for sentence in field)) from error
        for name, value in credentials_of(application=application, secret=secret).items():
            self.stdout.write(f"{name}={value}")
