"""`manage.py rotate_encryption_keys`: run it after a new key was put first into ENCRYPTION_KEYS."""

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from campaigns.delivery.destinations import reencrypt_destinations
from customers.applications.applications import reencrypt_identity_secrets
from customers.errors import DomainError


class Command(BaseCommand):
    """Encrypt all secrets with the first of the keys, so that the old one can be removed."""

    help = "Encrypt the secrets of destinations and applications with the first key of ENCRYPTION_KEYS."

    def handle(self, *_: object, **__: object) -> None:
        """Re-encrypt all secrets, or none."""
        try:
            with transaction.atomic():
                destinations, applications = reencrypt_destinations(), reencrypt_identity_secrets()
        except DomainError as error:
            raise CommandError(error.message) from error
        encrypted = f"{destinations} destinations and {applications} applications"
        self.stdout.write(f"Secrets of {encrypted} are encrypted with the first key.")
