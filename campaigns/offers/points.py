"""The ledger of customers' points: the sum of a customer's entries is what stands in the customer's own row.

Whoever changes points adds the entry in the same transaction: what behaviors and offers give (`behavior_effects`,
`issued_offers`), and what operators put right, which is here. A merge adds points up and moves the entries.
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
    """Give a customer (by their row's id) points, or take some away, and say why.

    DomainError `validation` where the customer is not the organization's, the amount is 0 or too large, the note is
    missing, or the customer would end up with less than nothing or more than MAXIMUM_BALANCE.
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
    """Give customers who were made with points, and have no entry yet, the entry that says so."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT_OPENING_BALANCES, [organization.pk])
