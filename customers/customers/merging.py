"""Merging two customers who turn out to be one person, and keeping merges out for a moment."""

import uuid
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from customers.advisory_locks import poll
from customers.customers.identity import find_or_create_customer
from customers.customers.lookup import find_customer_by_uuid
from customers.models import Customer, Organization
from customers.models.customer_owned import CustomerOwned
from customers.named_sql import NamedSQL
from customers.prepared import PreparedQuery

SQL = NamedSQL(__file__)

# Two advisory locks by organization, shared by merges and taken exclusively by `block_merges`: a merge holds the first
# only while it starts, the second until it is done. So `block_merges` keeps new merges out while it waits for the
# others.
ENTRANCE, MERGES = 5_719, 5_720
# How long `block_merges` may keep new merges waiting: half of what a visitor may be kept waiting.
LONGEST_WAIT, PAUSE = 0.05, 0.002
CLOSE_ENTRANCE = "SELECT pg_advisory_xact_lock(%s::int, %s::int)"
TRY_TO_BLOCK = "SELECT pg_try_advisory_xact_lock(%s::int, %s::int)"
REPLACE_CUSTOMER_BY_ALIAS = SQL("replace_customer_by_alias")
CONSENTS = ("consent", "email_consent", "push_consent")
LAST_VISIT = ("last_platform", "last_language", "last_channel")
BEGIN_MERGE = """
SELECT pg_advisory_lock_shared(%(entrance)s::int, %(organization)s::int),
    pg_advisory_unlock_shared(%(entrance)s::int, %(organization)s::int),
    pg_advisory_xact_lock_shared(%(merges)s::int, %(organization)s::int)
"""
_locked = PreparedQuery(lambda number: Customer.objects.select_for_update().filter(pk=number), number=int)


class _Gone(Exception):  # noqa: N818 - no error: it never leaves this module
    """One of two customers was merged while the other was being locked."""


def block_merges(*, organization_id: int) -> bool:
    """Block merges of the organization's customers until the transaction ends; earlier ones are visible afterwards.

    Call it first in a short transaction: merges wait for its commit. False if a merge in progress did not finish within
    50 ms: then end the transaction, and try again later.
    """
    number = organization_id % 2**31
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_ENTRANCE, [ENTRANCE, number])

        def try_to_block() -> bool:
            cursor.execute(TRY_TO_BLOCK, [MERGES, number])
            return bool(cursor.fetchone()[0])

        return poll(try_to_block, patience=LONGEST_WAIT, pause=PAUSE)


def begin_merge(*, organization_id: int) -> None:
    """Begin a merge, concurrently with others; it and `block_merges` exclude each other until the transaction ends."""
    values = {"entrance": ENTRANCE, "merges": MERGES, "organization": organization_id % 2**31}
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_MERGE, values)


def identify(*, organization: Organization, anonymous: Customer, customer_id: str) -> Customer:
    """An anonymous customer turns out to be the one with `customer_id`: merge them and return the surviving customer.

    Rows of the anonymous customer move, tags are united, points added up, the known customer's attributes win, the most
    restrictive consent wins, and the old ids keep resolving. Two known customers are never merged. Idempotent, also
    when called concurrently.
    """
    while True:
        try:
            # A failed attempt releases its locks before the next one, so that two merges can't deadlock.
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
        cursor.execute(REPLACE_CUSTOMER_BY_ALIAS, {"source": source.pk, "target": target.pk})
    _absorb(target, source)
    # Foreign keys are checked at the commit. The rows of deliveries, which many merges contend for, are locked last.
    for model in moved:
        model.move_rows(from_id=source.pk, to_id=target.pk)
    return target


@cache
def owned_models() -> list[type[CustomerOwned]]:
    """The models whose rows move, in the order of locks."""
    owned = [model for model in apps.get_models() if issubclass(model, CustomerOwned)]
    return sorted(owned, key=lambda model: model.lock_order)


def _models_with_rows(customer_id: int) -> list[type[CustomerOwned]]:
    """The models of which a locked customer may have rows, in the order of locks; most visitors have few.

    A locked customer gets no new rows, because checking their foreign keys waits for the lock. A model without a
    foreign key in the database (recipients) is always included.
    """
    models, statement = _rows_statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, {"customer": customer_id})
        has_rows: tuple[bool, ...] = cursor.fetchone()
    return [model for model, has in zip(models, has_rows, strict=True) if has]


@cache
def _rows_statement() -> tuple[list[type[CustomerOwned]], sql.Composed]:
    """The owned models, and the statement that says for each whether a customer may have rows of it."""
    models = owned_models()
    return models, sql.SQL("SELECT {}").format(sql.SQL(", ").join(model.may_have_rows() for model in models))


def _absorb(target: Customer, source: Customer) -> None:
    """Merge the columns of `source` into `target`; its row is written only if something changes."""
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
