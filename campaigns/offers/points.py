"""The ledger of customers' points: the sum of a customer's entries equals the customer's balance.

Every change of a balance adds an entry in the same transaction: completed behaviors (`behaviors.effects`), issued
offers (`offers.issuing`) and operators' adjustments, which are here. A merge adds balances up and moves the entries.
"""

import uuid
from datetime import datetime

from django.db import connection, transaction

from campaigns.models import PointsEntry
from campaigns.models.offer import MAXIMUM_BALANCE, MAXIMUM_POINTS
from customers.errors import invalid
from customers.models import Customer, Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

MAXIMUM_NOTE = 255
INSERT_OPENING_BALANCES = SQL("insert_opening_balances")


@transaction.atomic
def adjust_points(
    *, organization: Organization, customer_id: int, amount: int, note: str, now: datetime
) -> PointsEntry:
    """Add points to a customer's balance, or subtract some, with a note; `customer_id` is the primary key.

    DomainError `validation` if the customer is not the organization's, the amount is 0 or too large, the note is
    missing, or the balance would be negative or above MAXIMUM_BALANCE.
    """
    if not amount or abs(amount) > MAXIMUM_POINTS:
        raise invalid(amount=f"A number other than 0, of at most {MAXIMUM_POINTS}, is expected.")
    if not note.strip() or len(note) > MAXIMUM_NOTE or "\x00" in note:
        raise invalid(note=f"A note of 1 to {MAXIMUM_NOTE} characters is expected.")
    customer = Customer.objects.select_for_update(no_key=True).filter(organization=organization, id=customer_id).first()
    if customer is None:
        raise invalid(customer="The organization has no such customer.")
    if amount < 0 and customer.points + amount < 0:
        raise invalid(amount=f"The customer has {customer.points} points.")
    if amount > 0 and customer.points + amount > MAXIMUM_BALANCE:
        raise invalid(amount=f"The customer has {customer.points} points; at most {MAXIMUM_BALANCE} are possible.")
    customer.points += amount
    customer.save(update_fields=["points", "updated_at"])
    return PointsEntry.objects.create(
        organization=organization,
        customer=customer,
        amount=amount,
        at=now,
        key=f"adjustment:{uuid.uuid4()}",
        note=note.strip(),
    )


def book_opening_balances(*, organization: Organization) -> None:
    """Add an opening entry for each customer who has points and no entry yet."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT_OPENING_BALANCES, [organization.pk])
