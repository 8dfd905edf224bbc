"""One question to the database about rows that should not be there, and its answer a row at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

# Rows that the server sends at a time: memory is bounded whatever there is to tell.
BATCH = 500
ASK = """
SELECT organization_id, sentence FROM ({sql}) found
WHERE %(organization)s::bigint IS NULL OR organization_id = %(organization)s::bigint
"""


@dataclass(frozen=True, slots=True)
class Check:
    """`sql` selects `organization_id` and `sentence`, a row for each thing that is wrong.

    It is one statement, so that it sees one moment of the database, whatever is written meanwhile.
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
    """What a check finds in an organization (None: in all), read from the server in batches; it writes nothing."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        with connection.chunked_cursor() as cursor:
            cursor.execute(ASK.format(sql=check.sql), {"organization": organization_id})
            while rows := cursor.fetchmany(BATCH):
                for owner, sentence in rows:
                    yield Finding(check.name, owner, sentence)
