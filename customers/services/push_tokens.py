"""Devices that are registered for push messages."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Value

from customers.models import Application, PushToken
from customers.models.text_digest import TextDigest
from customers.services.identities import lock_customer
from customers.services.visitor_bounds import Stranger, admit_visitor


def subscribe(
    *, application: Application, customer_id: str, token: str, platform: str, stranger: Stranger, now: datetime
) -> PushToken:
    """Keep a push token of the customer of an id; a token that another customer had belongs to this one now.

    `stranger` is who asks. DomainError `too_many_new_visitors`.
    """
    organization, platforms = application.organization, application.platforms
    admit_visitor(organization=organization, platforms=platforms, customer_id=customer_id, stranger=stranger, now=now)
    with transaction.atomic():
        return _keep(application, customer_id, token, {"platform": platform, "updated_at": now})


def _keep(application: Application, customer_id: str, token: str, told: dict[str, Any]) -> PushToken:
    customer = lock_customer(organization=application.organization, customer_id=customer_id)
    values = {"customer": customer, **told}
    those_of_the_text = PushToken.objects.alias(digest=TextDigest("token")).filter(digest=TextDigest(Value(token)))
    push_token, _ = those_of_the_text.update_or_create(
        application=application,
        token=token,
        defaults=values,
        create_defaults={**values, "organization": application.organization},
    )
    return push_token
