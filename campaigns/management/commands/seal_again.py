"""`manage.py seal_again`: after a new first key was put into ENCRYPTION_KEYS, before the old one is taken away."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from campaigns.delivery.destinations import seal_secrets_again
from customers.applications.applications import seal_identity_secrets_again
from customers.errors import DomainError


class Command(BaseCommand):
    """Seal all secrets with the first of the keys."""

    help = "Encrypt the secrets of destinations and applications with the first key of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """All or none."""
        try:
            with transaction.atomic():
                destinations, applications = seal_secrets_again(), seal_identity_secrets_again()
        except DomainError as error:
            raise CommandError(error.message) from error
        sealed = f"{destinations} destinations and {applications} applications"
        self.stdout.write(f"Secrets of {sealed} are sealed with the first key.")
