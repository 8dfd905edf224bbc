"""Hot statements, compiled once and prepared on each connection (docs/decisions/0002).

Building and compiling a queryset costs several times what PostgreSQL needs to answer it, and so do the layers of
Django's and psycopg's cursors. What this takes from private parts of both libraries is in `django_internals` and
`psycopg_internals`; `tests/customers/prepared/test_internals.py` fails when these change.
"""

from customers.prepared.queries import PreparedInsert, PreparedQuery
from customers.prepared.statements import PreparedStatement

__all__ = ["PreparedInsert", "PreparedQuery", "PreparedStatement"]
