"""Visits."""

import uuid

from django.db import connection

from customers.errors import DomainError, Kind

# One statement: the open trace is found, the visit put below it, and the customer's last visit kept (it is what
# audiences are targeted by). An open trace whose customer is just being merged keeps its visit either way.
INSERT = """
WITH trace AS (
    SELECT id, organization_id, customer_id, closed_at FROM traces_trace WHERE uuid = %s::uuid
), made AS (
    INSERT INTO traces_trail (organization_id, trace_id, uuid, language, platform, channel)
    SELECT organization_id, id, %s::uuid, %s::varchar, %s::varchar, %s::varchar FROM trace WHERE closed_at IS NULL
    RETURNING language, platform, channel
), visited AS (
    UPDATE customers_customer customer
    SET last_language = COALESCE(NULLIF(made.language, ''), last_language),
        last_platform = COALESCE(NULLIF(made.platform, ''), last_platform),
        last_channel = made.channel
    FROM trace, made
    WHERE customer.id = trace.customer_id
      AND (last_channel <> made.channel
           OR last_language <> COALESCE(NULLIF(made.language, ''), last_language)
           OR last_platform <> COALESCE(NULLIF(made.platform, ''), last_platform))
)
SELECT closed_at IS NOT NULL FROM trace
"""


def add_trail(*, trace_id: uuid.UUID | None, language: str, platform: str, channel: str) -> uuid.UUID:
    """Add a visit to an open trace and return its uuid; an empty `language` or `platform` is one that nobody told.

    The trace's uuid is the caller's credential: who knows it may add to it. DomainError `unknown_trace` or
    `trace_closed`.
    """
    trail_id = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [trace_id, trail_id, language, platform, channel])
        row = cursor.fetchone()
    if row is None:
        raise DomainError(Kind.NOT_FOUND, "unknown_trace", "The trace is not known.")
    if row[0]:
        raise trace_closed()
    return trail_id


def trace_closed() -> DomainError:
    """After a conversion or a dismissal nothing is added to a trace."""
    return DomainError(Kind.CLOSED, "trace_closed", "The trace was closed by a conversion or a dismissal.")
