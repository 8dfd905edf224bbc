"""Customers locked for what hangs on them: counters, caps, points, offers."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.db import connection

from campaigns.targeting import CustomerFacts
from customers.models import Organization

LOCK = """
SELECT id, uuid::text, attributes::text, tags, points, last_platform, last_language, last_channel,
    consent, email_consent, push_consent
FROM customers_customer WHERE organization_id = %s::bigint AND id = ANY(%s::bigint[])
ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class LockedCustomer:
    """What targets ask about, the uuid, and the kinds of consent that are given."""

    facts: CustomerFacts
    identity: str
    consents: frozenset[str]


class CustomerGoneError(Exception):
    """A customer was merged into another one a moment ago; nothing was written, and whoever asked looks again."""


def lock_customers(*, organization: Organization, customer_ids: Sequence[int]) -> dict[int, LockedCustomer]:
    """Lock customers in the order of their ids until the transaction ends.

    Everything that hangs on a customer stays as it is then. CustomerGoneError where one is no more.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [organization.pk, list(customer_ids)])
        locked = {}
        for customer_id, identity, attributes, tags, *members, general, email, push in cursor.fetchall():
            facts = CustomerFacts(orjson.loads(attributes), frozenset(tags), *members)
            given = {"consent": general, "email_consent": email, "push_consent": push}
            consents = frozenset(name for name, is_given in given.items() if is_given)
            locked[customer_id] = LockedCustomer(facts, identity, consents)
    if len(locked) < len(customer_ids):
        raise CustomerGoneError
    return locked
