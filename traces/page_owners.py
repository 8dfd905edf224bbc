"""The application that a visit belongs to, which decides the origins whose pages may read answers about it."""

import uuid

from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

APP_TOKEN_OF_TRACE = PreparedStatement("""
SELECT application.app_token
FROM traces_trace trace JOIN customers_application application ON application.id = trace.application_id
WHERE trace.uuid = %s::uuid
""")
APP_TOKEN_OF_TRAIL = PreparedStatement(SQL("get_app_token_of_trail"))


def app_token_of_trace(*, trace_id: uuid.UUID | None) -> uuid.UUID | None:
    """The app-token of the application that started a trace; None for an unknown trace."""
    return _first(APP_TOKEN_OF_TRACE, trace_id)


def app_token_of_trail(*, trail_id: uuid.UUID | None) -> uuid.UUID | None:
    """The app-token of the application that started the trace of a trail; None for an unknown trail."""
    return _first(APP_TOKEN_OF_TRAIL, trail_id)


def _first(statement: PreparedStatement, identity: uuid.UUID | None) -> uuid.UUID | None:
    row = None if identity is None else statement.first_row([str(identity)])
    return row[0] if row else None
