"""Locking customers, before rows of theirs: counters, caps, points, offers."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

import orjson

from campaigns.targeting import CustomerFacts
from customers.customers.lookup import find_customer_by_uuid
from customers.errors import not_found
from customers.models import Customer, Organization
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

IDS = "ANY(ARRAY(SELECT value::{type} FROM jsonb_array_elements_text(%(ids)s::jsonb)))"
LOCK_BY_ID, LOCK_BY_IDENTITY, LOCK_BY_EXTERNAL_ID = (
    PreparedStatement(SQL("lock_customers", which=f"{column} = {IDS.format(type=kind)}"))
    for column, kind in (("id", "bigint"), ("uuid", "uuid"), ("external_id", "varchar"))
)


@dataclass(frozen=True, slots=True)
class LockedCustomer:
    """A locked customer: the facts for targeting, the ids, and the kinds of consent that are given."""

    facts: CustomerFacts
    identity: uuid.UUID
    external_id: str | None
    consents: frozenset[str]


class CustomerGoneError(Exception):
    """A customer was merged into another one meanwhile; nothing was written, and the caller looks them up again."""


Locked = dict[int, LockedCustomer]
Result = TypeVar("Result")


def for_living(*, organization: Organization, customer: Customer, work: Callable[[Customer], Result]) -> Result:
    """Do `work`, again for the surviving customer after CustomerGoneError; DomainError `not_found` if there is none."""
    living: Customer | None = customer
    while living is not None:
        try:
            return work(living)
        except CustomerGoneError:
            living = find_customer_by_uuid(organization=organization, identity=customer.uuid)
    raise not_found("Customer")


def lock_customers(*, organization: Organization, customer_ids: Collection[int]) -> Locked:
    """Lock customers in the order of their rows' ids until the transaction ends.

    Rows of these customers don't change meanwhile. CustomerGoneError if one was merged.
    """
    locked = _locked(LOCK_BY_ID, organization, customer_ids)
    if len(locked) < len(customer_ids):
        raise CustomerGoneError
    return locked


def lock_customers_by_identity(*, organization: Organization, identities: Collection[uuid.UUID]) -> Locked:
    """The same by uuids; unknown ones are absent."""
    return _locked(LOCK_BY_IDENTITY, organization, identities)


def lock_customers_by_external_id(*, organization: Organization, external_ids: Collection[str]) -> Locked:
    """The same by external ids; unknown ones are absent."""
    return _locked(LOCK_BY_EXTERNAL_ID, organization, external_ids)


def _locked(statement: PreparedStatement, organization: Organization, ids: Collection[object]) -> Locked:
    locked = {}
    rows = statement.rows({"organization": organization.pk, "ids": orjson.dumps(list(ids)).decode()})
    for customer_id, identity, external_id, attributes, tags, *members, general, email, push in rows:
        facts = CustomerFacts(orjson.loads(attributes), frozenset(tags), *members)
        given = {"consent": general, "email_consent": email, "push_consent": push}
        consents = frozenset(name for name, is_given in given.items() if is_given)
        locked[customer_id] = LockedCustomer(facts, identity, external_id, consents)
    return locked
