"""Customers in the database, and what SQL and the predicate say of each of them."""

from collections.abc import Sequence

from django.db import connection

from campaigns.targeting import Condition, CustomerFacts, compile_sql
from customers.models import Customer, Organization

SCHEMA = {
    "state": "string",
    "nick-Name_2": "string",
    "age": "integer",
    "spent": "decimal",
    "vip": "boolean",
    "born": "date",
    "seen": "datetime",
}


def facts(
    *,
    attributes: dict[str, str | int | bool | None] | None = None,
    tags: Sequence[str] = (),
    points: int = 0,
    platform: str = "",
    language: str = "",
    channel: str = "",
) -> CustomerFacts:
    """Make the facts of a customer of whom nothing is known but what is said here."""
    return CustomerFacts(attributes or {}, frozenset(tags), points, platform, language, channel)


def populate(people: Sequence[CustomerFacts]) -> list[int]:
    """Insert a customer for each of these facts; their ids in the same order."""
    organization, _ = Organization.objects.get_or_create(name="Targeting")
    customers = Customer.objects.bulk_create(
        Customer(
            organization=organization,
            is_anonymous=True,
            attributes=dict(person.attributes),
            tags=sorted(person.tags),
            points=person.points,
            last_platform=person.platform,
            last_language=person.language,
            last_channel=person.channel,
        )
        for person in people
    )
    return [customer.pk for customer in customers]


def ask(ids: Sequence[int], conditions: Sequence[Condition]) -> list[list[bool | None]]:
    """For each id, what SQL says: of every condition alone, then of all of them together."""
    questions = [compile_sql([condition], "c") for condition in conditions] + [compile_sql(conditions, "c")]
    columns = ", ".join(sql for sql, _ in questions)
    parameters = [parameter for _, values in questions for parameter in values]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM customers_customer c WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id",
            [*parameters, list(ids)],
        )
        return [list(row) for row in cursor.fetchall()]


def found(ids: Sequence[int], conditions: Sequence[Condition]) -> list[int]:
    """List the ids that the conditions select from the table under its own name."""
    sql, parameters = compile_sql(conditions)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM customers_customer WHERE id = ANY(%s::bigint[]) AND {sql} ORDER BY id",
            [list(ids), *parameters],
        )
        return [identifier for (identifier,) in cursor.fetchall()]
