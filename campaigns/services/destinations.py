"""Destinations' secrets under new keys."""

from django.db import transaction

from campaigns.models import Destination


@transaction.atomic
def seal_secrets_again() -> int:
    """Encrypt every destination's secrets with the first key of ENCRYPTION_KEYS; how many there are.

    For all organizations: it is the installation's key that changes.
    """
    sealed = Destination.objects.select_for_update().exclude(sealed_secrets="").order_by("id")
    for destination in sealed:
        destination.keep_secrets(destination.secrets)
        destination.save(update_fields=["sealed_secrets"])
    return len(sealed)
