"""Plausible customers by the million, for trying things at size: one statement a batch, the same people every time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connection, connections, transaction

from customers.field_values.field_type import FieldType
from customers.models import CustomerField, Organization
from customers.named_sql import NamedSQL
from customers.schema.fields import get_field_types, save_field
from customers.schema.indexes import analyze_customers

SQL = NamedSQL(__file__)

BATCH = 50_000
WRITERS = 2
FIELDS = {
    "first_name": FieldType.STRING,
    "last_name": FieldType.STRING,
    "email": FieldType.STRING,
    "state": FieldType.STRING,
    "gender": FieldType.STRING,
    "zip": FieldType.STRING,
    "birth_date": FieldType.DATE,
    "loyalty_tier": FieldType.STRING,
}
TARGETABLE = {"state", "loyalty_tier", "birth_date"}
FIRST_NAMES = {
    "female": ["Ana", "Beatriz", "Chloe", "Dana", "Emma", "Grace", "Hana", "Ines", "Julia", "Maria", "Olivia", "Zoe"],
    "male": ["Adam", "Ben", "Carlos", "David", "Ethan", "Felix", "George", "Hugo", "Ivan", "Liam", "Noah", "Oscar"],
}
LAST_NAMES = ["Adams", "Baker", "Chen", "Diaz", "Evans", "Foster", "Garcia", "Hughes", "Ito", "Jones", "Kim", "Lopez"]
# A state, the first three digits of one of its zip codes, and how many of a hundred customers live there.
STATES = [
    ("CA", "900", 24),
    ("NY", "100", 20),
    ("TX", "770", 18),
    ("FL", "331", 14),
    ("MA", "021", 12),
    ("WA", "981", 12),
]
TIERS = [("bronze", 55), ("silver", 28), ("gold", 13), ("platinum", 4)]
PLATFORMS = [("iOS", 40), ("Android", 35), ("Chrome Browser", 25)]
LANGUAGES = [("en-US", 80), ("es-US", 20)]
TAGS = {"newsletter": 0.4, "vip": 0.06, "hiker": 0.25, "cyclist": 0.2, "churn_risk": 0.1}

LAST_NUMBER = """
SELECT COALESCE(max(substr(external_id, 5))::bigint, 0) FROM customers_customer
WHERE organization_id = %s::bigint AND external_id ~ '^GEN-[0-9]{10}$'
"""
GENERATE_CUSTOMERS = SQL("generate_customers")


def generate_customers(*, organization: Organization, number: int, seed: int = 0) -> Iterator[int]:
    """Add so many customers to an organization, and the fields of its schema that they need; yields the size of each
    batch.

    Their external ids are `GEN-0000000001` and so on; a second call continues after the last one. Each batch is a
    transaction.
    """
    _make_schema(organization)
    with connection.cursor() as cursor:
        cursor.execute(LAST_NUMBER, [organization.pk])
        first = cursor.fetchone()[0] + 1
    values = {**_lists(), "seed": seed, "organization": organization.pk}
    ranges = [(start, min(start + BATCH, first + number) - 1) for start in range(first, first + number, BATCH)]
    if len(ranges) == 1:
        _generate(values, *ranges[0])
        yield number
        return
    with ThreadPoolExecutor(WRITERS) as writers:
        for _, last in writers.map(partial(_generate_beside, values), ranges):
            yield last - first + 1
    analyze_customers()


def _generate_beside(values: dict[str, Any], numbers: tuple[int, int]) -> tuple[int, int]:
    """A batch on a connection of its own: PostgreSQL gives each connection one processor."""
    try:
        _generate(values, *numbers)
    finally:
        connections.close_all()
    return numbers


def _generate(values: dict[str, Any], first: int, last: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GENERATE_CUSTOMERS.format(tags=_tags()), {**values, "first": first, "last": last})


@transaction.atomic
def _make_schema(organization: Organization) -> None:
    there = get_field_types(organization=organization)
    for name, kind in FIELDS.items():
        if name not in there:
            save_field(
                field=CustomerField(organization=organization, name=name, type=kind, targetable=name in TARGETABLE)
            )


def _lists() -> dict[str, Any]:
    """The parameters' lists, in which each choice occurs by its weight: a uniform index makes a weighted choice.

    Female first names are at even indexes. PostgreSQL reads an array from its beginning, so the lists are kept short.
    """
    women, men = FIRST_NAMES["female"], FIRST_NAMES["male"]
    return {
        "first_names": [name for pair in zip(women, men, strict=True) for name in pair],
        "last_names": LAST_NAMES,
        "states": [state for state, _, share in STATES for _ in range(share // 2)],
        "zips": [prefix for _, prefix, share in STATES for _ in range(share // 2)],
        "tiers": [tier for tier, share in TIERS for _ in range(share)],
        "platforms": [platform for platform, share in PLATFORMS for _ in range(share // 5)],
        "languages": [language for language, share in LANGUAGES for _ in range(share // 20)],
    }


def _tags() -> str:
    """A CASE expression for each tag, which compares its own digits of the hash; tags and shares are our constants."""
    cases = []
    for place, (tag, share) in enumerate(TAGS.items()):
        digits = f"('x' || substr(hash, {25 + place}, 2))::bit(8)::int"
        cases.append(f"CASE WHEN {digits} < {int(256 * share)} THEN '{tag}' END")
    return ", ".join(cases)
