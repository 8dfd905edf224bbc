"""Visits."""

import uuid

from django.db import connection

from customers.errors import DomainError, ErrorKind
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

ADD_TRAIL = SQL("add_trail")


def add_trail(*, trace_id: uuid.UUID | None, language: str, platform: str, channel: str) -> uuid.UUID:
    """Add a visit to an open trace and return its uuid; an empty `language` or `platform` is an unknown one.

    The trace's uuid is the caller's credential: whoever knows it may add visits. DomainError `unknown_trace` or
    `trace_closed`.
    """
    trail_id = uuid.uuid4()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(ADD_TRAIL, [trace_id, trail_id, language, platform, channel])
            row = cursor.fetchone()
        if row is None:
            raise DomainError(ErrorKind.NOT_FOUND, "unknown_trace", "The trace is not known.")
        is_closed, customer_was_merged = row
        if is_closed:
            raise trace_closed()
        if not customer_was_merged:
            return trail_id


def trace_closed() -> DomainError:
    """The error for adding to a trace that a conversion or dismissal has closed."""
    return DomainError(ErrorKind.CLOSED, "trace_closed", "The trace was closed by a conversion or a dismissal.")
