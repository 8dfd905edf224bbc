"""Who a caller means by a customer id, and what happens when two customers turn out to be one."""

import uuid
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from customers.advisory_locks import poll
from customers.customers.lookup import find_customer, find_customer_by_uuid, get_customer
from customers.models import Customer, Organization
from customers.models.customer_owned import CustomerOwned
from customers.named_sql import NamedSQL
from customers.prepared import PreparedQuery

SQL = NamedSQL(__file__)

# Never blocks and never fails where another request makes the same customer at the same time: one of them finds it.
INSERT = """
INSERT INTO customers_customer
    (organization_id, uuid, external_id, is_anonymous, attributes, consent, email_consent, push_consent)
VALUES (%s::bigint, %s::uuid, %s::varchar, %s::boolean, '{}'::jsonb, %s::boolean, %s::boolean, %s::boolean)
ON CONFLICT (organization_id, external_id) DO NOTHING
RETURNING id
"""
# The kinds of advisory lock that `block_merges` takes alone and merges share; the second number is the organization.
# Merges share the first for the moment of coming in only, the second until they are done.
ENTRANCE, MERGES = 5_719, 5_720
# How long those who want to merge may wait at the entrance: half of what a visitor may be kept waiting.
LONGEST_WAIT, PAUSE = 0.05, 0.002
CLOSE_ENTRANCE = "SELECT pg_advisory_xact_lock(%s::int, %s::int)"
TRY_TO_BLOCK = "SELECT pg_try_advisory_xact_lock(%s::int, %s::int)"
GIVE_UP = SQL("give_up")
CONSENTS = ("consent", "email_consent", "push_consent")
LAST_VISIT = ("last_platform", "last_language", "last_channel")
SHARE = """
SELECT pg_advisory_lock_shared(%(entrance)s::int, %(organization)s::int),
    pg_advisory_unlock_shared(%(entrance)s::int, %(organization)s::int),
    pg_advisory_xact_lock_shared(%(merges)s::int, %(organization)s::int)
"""
_locked = PreparedQuery(lambda number: Customer.objects.select_for_update().filter(pk=number), number=int)


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


def block_merges(*, organization_id: int) -> bool:
    """Let no merge of the organization's customers happen from here to the end of the transaction.

    All that there were can be seen after it. Call it first, and for very little: merges wait for the commit. False
    where one that had begun was not done within 50 ms: end the transaction, and try again later.
    """
    number = organization_id % 2**31
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_ENTRANCE, [ENTRANCE, number])

        def try_to_block() -> bool:
            cursor.execute(TRY_TO_BLOCK, [MERGES, number])
            return bool(cursor.fetchone()[0])

        return poll(try_to_block, patience=LONGEST_WAIT, pause=PAUSE)


def begin_merge(*, organization_id: int) -> None:
    """Begin a merge, beside others: `block_merges` waits for the end of the transaction, or is waited for."""
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
    begin_merge(organization_id=organization.pk)
    found = find_customer_by_uuid(organization=organization, identity=anonymous)
    known = find_or_create_customer(organization=organization, customer_id=customer_id)
    if found is None or found == known or not found.is_anonymous:
        return known
    locked = {number: _locked.first(number=number) for number in sorted((found.pk, known.pk))}
    source, target = locked[found.pk], locked[known.pk]
    if source is None or target is None:
        raise _Gone
    moved = _models_with_rows(source.pk)
    with connection.cursor() as cursor:
        cursor.execute(GIVE_UP, {"source": source.pk, "target": target.pk})
    _absorb(target, source)
    # Foreign keys are checked at the commit. The rows of deliveries, at which many merges may meet, are locked last.
    for model in moved:
        model.move_rows(from_id=source.pk, to_id=target.pk)
    return target


@cache
def owned_models() -> list[type[CustomerOwned]]:
    """The models whose rows move, in the order of locks."""
    owned = [model for model in apps.get_models() if issubclass(model, CustomerOwned)]
    return sorted(owned, key=lambda model: model.turn)


def _models_with_rows(customer_id: int) -> list[type[CustomerOwned]]:
    """The models of which a locked customer may have rows, in the order of locks: most visitors have few kinds.

    No row comes to a customer who is locked, for its foreign key would have to be checked. Where none is (recipients),
    the model is always among them.
    """
    models, statement = _question()
    with connection.cursor() as cursor:
        cursor.execute(statement, {"customer": customer_id})
        has_rows: tuple[bool, ...] = cursor.fetchone()
    return [model for model, has in zip(models, has_rows, strict=True) if has]


@cache
def _question() -> tuple[list[type[CustomerOwned]], sql.Composed]:
    """The owned models, and the statement that asks of each whether a customer may have rows of it."""
    models = owned_models()
    return models, sql.SQL("SELECT {}").format(sql.SQL(", ").join(model.may_have_rows() for model in models))


def _absorb(target: Customer, source: Customer) -> None:
    """Bring over what stands in the customer's own row; where that is nothing, the row stays as it is."""
    changes: dict[str, Any] = {
        "attributes": {**source.attributes, **target.attributes},
        "tags": sorted({*target.tags, *source.tags}) if source.tags else target.tags,
        "points": target.points + source.points,
        "created_at": min(target.created_at, source.created_at),
    }
    changes |= {name: getattr(target, name) and getattr(source, name) for name in CONSENTS}
    changes |= {name: getattr(source, name) or getattr(target, name) for name in LAST_VISIT}
    changed = [name for name, value in changes.items() if value != getattr(target, name)]
    for name in changed:
        setattr(target, name, changes[name])
    if changed:
        target.save(update_fields=[*changed, "updated_at"])
