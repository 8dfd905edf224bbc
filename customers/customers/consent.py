"""What customers say of being written to."""

import uuid

from django.db import transaction

from customers.customers.lookup import find_customer_by_uuid
from customers.models import Customer, Organization


@transaction.atomic
def withdraw_email_consent(*, organization: Organization, identity: uuid.UUID) -> Customer | None:
    """The customer of a uuid (or who lives on for them) gets no more email; None for nobody. Twice is once."""
    while (customer := find_customer_by_uuid(organization=organization, identity=identity)) is not None:
        locked = Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).first()
        if locked is None:
            # Merged into another one a moment ago: the uuid finds that one now.
            continue
        if locked.email_consent:
            locked.email_consent = False
            locked.save(update_fields=["email_consent", "updated_at"])
        return locked
    return None
