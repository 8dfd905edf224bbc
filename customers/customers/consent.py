"""Customers' consent to messages."""

import uuid

from django.db import transaction

from customers.customers.lookup import find_customer_by_uuid
from customers.models import Customer, Organization


@transaction.atomic
def withdraw_email_consent(*, organization: Organization, identity: uuid.UUID) -> Customer | None:
    """Withdraw the email consent of the customer with a uuid (or of the surviving one); None if there is none.
    Idempotent.
    """
    while (customer := find_customer_by_uuid(organization=organization, identity=identity)) is not None:
        locked = Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).first()
        if locked is None:
            # It has just been merged into another one, which the uuid now resolves to.
            continue
        if locked.email_consent:
            locked.email_consent = False
            locked.save(update_fields=["email_consent", "updated_at"])
        return locked
    return None
