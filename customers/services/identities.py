"""Who a caller means by a customer id, and what happens when two customers turn out to be one."""

import time
import uuid
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import BigIntegerField, Func, TextField
from django.db.models.functions import Cast

from customers.models import Customer, CustomerAlias, Organization
from customers.models.customer_owned import CustomerOwned
from customers.queries.customers import find_customer, find_customer_by_uuid, get_customer

# Never blocks and never fails where another request makes the same customer at the same time: one of them finds it.
INSERT = """
INSERT INTO customers_customer
    (organization_id, uuid, external_id, is_anonymous, attributes, consent, email_consent, push_consent)
VALUES (%s::bigint, %s::uuid, %s::varchar, %s::boolean, '{}'::jsonb, %s::boolean, %s::boolean, %s::boolean)
ON CONFLICT (organization_id, external_id) DO NOTHING
RETURNING id
"""
# The kinds of advisory lock that `hold_merges` takes alone and merges share; the second number is the organization.
# Merges share the first for the moment of coming in only, the second until they are done.
ENTRANCE, MERGES = 5_719, 5_720
# How long those who want to merge may wait at the entrance: half of what a visitor may be kept waiting.
LONGEST_WAIT, PAUSE = 0.05, 0.002
CLOSE_ENTRANCE = "SELECT pg_advisory_xact_lock(%s::int, %s::int)"
TRY_TO_HOLD = "SELECT pg_try_advisory_xact_lock(%s::int, %s::int)"
THIS_TRANSACTION = Cast(Cast(Func(function="pg_current_xact_id"), TextField()), BigIntegerField())
SHARE = """
SELECT pg_advisory_lock_shared(%(entrance)s::int, %(organization)s::int),
    pg_advisory_unlock_shared(%(entrance)s::int, %(organization)s::int),
    pg_advisory_xact_lock_shared(%(merges)s::int, %(organization)s::int)
"""


def find_or_create_customer(*, organization: Organization, customer_id: str | None) -> Customer:
    """The customer of an id; a new known one where nobody has it, a new anonymous one where there is no id.

    An anonymous customer's external id is its uuid, so that a client that sends back what it was given finds it again.
    """
    if customer_id is None:
        return _create(organization, str(uuid.uuid4()), is_anonymous=True)
    found = find_customer(organization=organization, customer_id=customer_id)
    return found or _create(organization, customer_id, is_anonymous=False)


def _create(organization: Organization, customer_id: str, *, is_anonymous: bool) -> Customer:
    consent = organization.default_consent
    identity = customer_id if is_anonymous else str(uuid.uuid4())
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [organization.pk, identity, customer_id, is_anonymous, consent, consent, consent])
        row = cursor.fetchone()
    if row is not None:
        return Customer(
            id=row[0],
            organization=organization,
            uuid=uuid.UUID(identity),
            external_id=customer_id,
            is_anonymous=is_anonymous,
        )
    return get_customer(organization=organization, customer_id=customer_id)


def lock_customer(*, organization: Organization, customer_id: str) -> Customer:
    """The customer of an id, made where it is missing, locked against a merge and read again.

    Lock the customer first, and what hangs on it afterwards: that is the order in which a merge goes.
    """
    while True:
        customer = find_or_create_customer(organization=organization, customer_id=customer_id)
        locked = Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).first()
        if locked is not None:
            return locked
        # Merged into another one a moment ago: the id finds that one now.


class _Gone(Exception):  # noqa: N818 (no error: it never leaves this module)
    """One of two customers was merged while the other was being locked."""


def hold_merges(*, organization_id: int) -> bool:
    """Let no merge of the organization's customers happen from here to the end of the transaction.

    All that there were can be seen after it. Call it first, and for very little: merges wait for the commit. False
    where one that had begun was not done within 50 ms: end the transaction, and try again later.
    """
    number = organization_id % 2**31
    deadline = time.monotonic() + LONGEST_WAIT
    with connection.cursor() as cursor:
        # To wait for the merges themselves by a lock with a time-out would leave an error in the server's log.
        cursor.execute(CLOSE_ENTRANCE, [ENTRANCE, number])
        while True:
            cursor.execute(TRY_TO_HOLD, [MERGES, number])
            if cursor.fetchone()[0]:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)


def share_merges(*, organization_id: int) -> None:
    """Begin a merge, beside others: `hold_merges` waits for the end of the transaction, or is waited for."""
    values = {"entrance": ENTRANCE, "merges": MERGES, "organization": organization_id % 2**31}
    with connection.cursor() as cursor:
        cursor.execute(SHARE, values)


def identify(*, organization: Organization, anonymous: Customer, customer_id: str) -> Customer:
    """An anonymous customer turns out to be the one of `customer_id`: merge them and return the one who lives on.

    Nothing is lost: whatever hangs on the anonymous customer moves, tags are united, points added up, the known
    customer's attributes win, the most restrictive consent wins, the old ids go on resolving. Two known customers
    are never merged. Doing it twice, or from two places at once, ends in the same state.
    """
    while True:
        try:
            # What was locked in vain is let go before the next attempt, so that nobody waits in a circle.
            with transaction.atomic():
                return _merge(organization, anonymous.uuid, customer_id)
        except _Gone:
            continue


def _merge(organization: Organization, anonymous: uuid.UUID, customer_id: str) -> Customer:
    share_merges(organization_id=organization.pk)
    found = find_customer_by_uuid(organization=organization, identity=anonymous)
    known = find_or_create_customer(organization=organization, customer_id=customer_id)
    if found is None or found == known or not found.is_anonymous:
        return known
    rows = Customer.objects.select_for_update().filter(pk__in=[found.pk, known.pk]).order_by("pk")
    locked = {customer.pk: customer for customer in rows}
    if len(locked) < 2:  # noqa: PLR2004 (both)
        raise _Gone
    source, target = locked[found.pk], locked[known.pk]
    for model in owned_models():
        model.move_rows(from_id=source.pk, to_id=target.pk)
    Customer.objects.filter(pk=source.pk)._raw_delete(Customer.objects.db)  # noqa: SLF001 (nothing hangs on it now)
    CustomerAlias.objects.create(
        organization=organization,
        external_id=source.external_id or str(source.uuid),
        uuid=source.uuid,
        customer=target,
        former_id=source.pk,
        merged_in=THIS_TRANSACTION,
    )
    _absorb(target, source)
    return target


@cache
def owned_models() -> list[type[CustomerOwned]]:
    """The models whose rows move, in the order of locks."""
    owned = [model for model in apps.get_models() if issubclass(model, CustomerOwned)]
    return sorted(owned, key=lambda model: model.turn)


def _absorb(target: Customer, source: Customer) -> None:
    """Bring over what stands in the customer's own row."""
    target.attributes = {**source.attributes, **target.attributes}
    target.tags = sorted({*target.tags, *source.tags})
    target.points += source.points
    for consent in ("consent", "email_consent", "push_consent"):
        setattr(target, consent, getattr(target, consent) and getattr(source, consent))
    visit: Any
    for visit in ("last_platform", "last_language", "last_channel"):
        setattr(target, visit, getattr(source, visit) or getattr(target, visit))
    target.created_at = min(target.created_at, source.created_at)
    target.save()
