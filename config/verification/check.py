"""A check: a query for rows that should not exist, and its findings."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

# How many rows are fetched at a time, so that memory stays bounded.
BATCH = 500
LIST_FINDINGS = """
SELECT organization_id, sentence FROM ({sql}) found
WHERE %(organization)s::bigint IS NULL OR organization_id = %(organization)s::bigint
"""


@dataclass(frozen=True, slots=True)
class Check:
    """`sql` selects `organization_id` and `sentence`, a row for each thing that is wrong.

    It is one statement, so that it sees one snapshot of the database.
    """

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong; `sentence` names the rows by their ids."""

    check: str
    organization_id: int | None
    sentence: str

    def __str__(self) -> str:
        return f"{self.check}: organization {self.organization_id}: {self.sentence}"


def findings(check: Check, *, organization_id: int | None = None) -> Iterator[Finding]:
    """The findings of a check in an organization (None: in all), fetched in batches in a read-only transaction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        with connection.chunked_cursor() as cursor:
            cursor.execute(LIST_FINDINGS.format(sql=check.sql), {"organization": organization_id})
            while rows := cursor.fetchmany(BATCH):
                for owner, sentence in rows:
                    yield Finding(check.name, owner, sentence)
