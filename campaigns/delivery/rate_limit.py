"""The rate limit of a destination, over all workers: a token bucket in the database."""

from django.db import connection, transaction

from customers.named_sql import NamedSQL, Values

SQL = NamedSQL(__file__)

# The bucket holds the tokens of so many seconds.
BURST_SECONDS = 2.0

MAKE_BUCKET = """
INSERT INTO campaigns_destinationrate (organization_id, destination, tokens, filled_at)
VALUES (%s::bigint, %s::varchar, %s::float, now()) ON CONFLICT (organization_id, destination) DO NOTHING
"""
TAKE_TOKENS = SQL("take_tokens")


@transaction.atomic
def take_tokens(*, organization_id: int, destination: str, rate: float | None, wanted: int) -> int:
    """How many of the wanted messages may be sent now; all of them without a rate (messages per second)."""
    if rate is None:
        return wanted
    values: Values = {
        "rate": rate,
        "burst": BURST_SECONDS,
        "organization": organization_id,
        "destination": destination,
    }
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(TAKE_TOKENS, {**values, "wanted": wanted})
            row = cursor.fetchone()
            if row is not None:
                return int(row[0])
            cursor.execute(MAKE_BUCKET, [organization_id, destination, max(rate * BURST_SECONDS, 1)])
    return 0
