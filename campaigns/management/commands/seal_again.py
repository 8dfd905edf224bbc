"""`manage.py seal_again`: after a new first key was put into ENCRYPTION_KEYS, before the old one is taken away."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from campaigns.services.destinations import seal_secrets_again
from customers.errors import DomainError


class Command(BaseCommand):
    """Seal all secrets with the first of the keys."""

    help = "Encrypt the secrets of destinations with the first key of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """All or none."""
        try:
            count = seal_secrets_again()
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Secrets of {count} destinations are sealed with the first key.")
