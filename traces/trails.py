"""Visits."""

import uuid

from django.db import connection

from customers.errors import DomainError, Kind

# One statement: the open trace is found and its customer locked against a merge, the visit is put below it, and the
# customer's last visit kept (it is what audiences are targeted by). `is_lost`: the customer was merged while we waited.
INSERT = """
WITH trace AS (
    SELECT id, organization_id, customer_id, closed_at FROM traces_trace WHERE uuid = %s::uuid
), customer AS (
    SELECT id FROM customers_customer WHERE id = (SELECT customer_id FROM trace WHERE closed_at IS NULL) FOR KEY SHARE
), made AS (
    INSERT INTO traces_trail (organization_id, trace_id, uuid, language, platform, channel)
    SELECT trace.organization_id, trace.id, %s::uuid, %s::varchar, %s::varchar, %s::varchar FROM trace, customer
    RETURNING language, platform, channel
), visited AS (
    UPDATE customers_customer
    SET last_language = COALESCE(NULLIF(made.language, ''), last_language),
        last_platform = COALESCE(NULLIF(made.platform, ''), last_platform),
        last_channel = made.channel
    FROM customer, made
    WHERE customers_customer.id = customer.id
      AND (last_channel <> made.channel
           OR last_language <> COALESCE(NULLIF(made.language, ''), last_language)
           OR last_platform <> COALESCE(NULLIF(made.platform, ''), last_platform))
)
SELECT closed_at IS NOT NULL, NOT EXISTS (SELECT FROM customer) AS is_lost FROM trace
"""


def add_trail(*, trace_id: uuid.UUID | None, language: str, platform: str, channel: str) -> uuid.UUID:
    """Add a visit to an open trace and return its uuid; an empty `language` or `platform` is one that nobody told.

    The trace's uuid is the caller's credential: who knows it may add to it. DomainError `unknown_trace` or
    `trace_closed`.
    """
    trail_id = uuid.uuid4()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [trace_id, trail_id, language, platform, channel])
            row = cursor.fetchone()
        if row is None:
            raise DomainError(Kind.NOT_FOUND, "unknown_trace", "The trace is not known.")
        is_closed, is_lost = row
        if is_closed:
            raise trace_closed()
        if not is_lost:
            return trail_id


def trace_closed() -> DomainError:
    """After a conversion or a dismissal nothing is added to a trace."""
    return DomainError(Kind.CLOSED, "trace_closed", "The trace was closed by a conversion or a dismissal.")
