"""Devices that are registered for push messages."""

from django.db import transaction
from django.utils import timezone

from customers.models import Application, PushToken
from customers.services.identities import lock_customer


@transaction.atomic
def subscribe(*, application: Application, customer_id: str, token: str, platform: str) -> PushToken:
    """Keep a push token of the customer of an id; a token that another customer had belongs to this one now."""
    customer = lock_customer(organization=application.organization, customer_id=customer_id)
    values = {"customer": customer, "platform": platform, "updated_at": timezone.now()}
    push_token, _ = PushToken.objects.update_or_create(
        application=application,
        token=token,
        defaults=values,
        create_defaults={**values, "organization": application.organization},
    )
    return push_token
