"""`manage.py create_application`: all that an API client needs to begin."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from customers.applications.applications import create_application, credentials_of
from customers.errors import DomainError
from customers.models import Application
from customers.models.application import Platform
from customers.organizations.organizations import get_or_create_organization
from marketing_solutions.portfolios import give_default_advertiser


class Command(BaseCommand):
    """Print what a client's `.env` needs as KEY=VALUE lines, and nothing else, on standard output."""

    help = "Make an application (its organization and an advertiser where missing); its secrets are shown only now."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--organization NAME --name NAME [--platform rest …]`."""
        parser.add_argument("--organization", required=True, help="the organization's name; made where it is missing")
        parser.add_argument("--name", required=True, help="the application's name, unique in the organization")
        parser.add_argument(
            "--platform", action="append", choices=Platform.values, help="repeatable; all of them where left out"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Make it and print it."""
        try:
            application, lines = self._make(options["organization"], options["name"], options["platform"])
        except DomainError as error:
            raise CommandError(" ".join(sentence for field in error.fields.values() for sentence in field)) from error
        if Platform.REST in application.platforms and len(application.platforms) > 1:
            self.stderr.write("Its app-token is a credential: make another application, without rest, for web pages.")
        for name, value in lines.items():
            self.stdout.write(f"{name}={value}")

    @staticmethod
    @transaction.atomic
    def _make(organization_name: str, name: str, platforms: list[str] | None) -> tuple[Application, dict[str, str]]:
        organization = get_or_create_organization(name=organization_name)
        application, secret = create_application(
            organization=organization, name=name, platforms=platforms or Platform.values
        )
        advertiser = give_default_advertiser(application=application)
        lines = {"BASE_URL": settings.BASE_URL, **credentials_of(application=application, secret=secret)}
        return application, {**lines, "ADVERTISER_ID": str(advertiser.pk)}
