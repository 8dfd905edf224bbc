"""Whose visits they are: what a browser's page may read of them is the application's to say."""

import uuid

from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

OF_TRACE = PreparedStatement("""
SELECT application.app_token
FROM traces_trace trace JOIN customers_application application ON application.id = trace.application_id
WHERE trace.uuid = %s::uuid
""")
OF_TRAIL = PreparedStatement(SQL("of_trail"))


def app_token_of_trace(*, trace_id: uuid.UUID | None) -> uuid.UUID | None:
    """The app-token of the application that a trace was started by; None for a trace that nobody has."""
    return _first(OF_TRACE, trace_id)


def app_token_of_trail(*, trail_id: uuid.UUID | None) -> uuid.UUID | None:
    """The same of the trace of a trail."""
    return _first(OF_TRAIL, trail_id)


def _first(statement: PreparedStatement, identity: uuid.UUID | None) -> uuid.UUID | None:
    row = None if identity is None else statement.first_row([str(identity)])
    return row[0] if row else None
