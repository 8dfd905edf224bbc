"""Indexes and statistics for the fields that audiences often ask for, made beside the traffic.

`CREATE INDEX CONCURRENTLY` blocks no write, but can't be part of a transaction: so a field is only marked, and a task
makes of the database what the marks say. It looks at what is there, so it may be killed at any point and called as
often as one likes.
"""

import hashlib

import structlog
from django.db import connection
from psycopg import sql

from customers.models import CustomerField
from customers.models.attribute_sql import indexed_expression

# Who holds it makes indexes; everybody else leaves it to them.
LOCK = 5_720_310_442
TABLE = "customers_customer"
EXISTING = """
SELECT class.relname, index.indisvalid FROM pg_class class JOIN pg_index index ON index.indexrelid = class.oid
WHERE index.indrelid = 'customers_customer'::regclass AND class.relname ~ '^customer_field_[0-9]+_of_[0-9a-f]{8}$'
"""

log = structlog.get_logger(__name__)


def maintain_field_indexes() -> int:
    """Make what is missing and drop what nobody wants any more; how many indexes changed. Not in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s::bigint)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    try:
        return _maintain()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s::bigint)", [LOCK])


def _maintain() -> int:
    wanted = {_name(field): field for field in CustomerField.objects.filter(targetable=True)}
    with connection.cursor() as cursor:
        cursor.execute(EXISTING)
        existing = dict(cursor.fetchall())
    obsolete = [name for name, is_valid in existing.items() if name not in wanted or not is_valid]
    missing = [name for name in wanted if not existing.get(name)]
    for name in obsolete:
        _execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(name)))
        _execute(sql.SQL("DROP STATISTICS IF EXISTS {}").format(sql.Identifier(f"{name}_s")))
    for name in missing:
        _make(name, wanted[name])
    if missing:
        _execute(sql.SQL("ANALYZE customers_customer"))
    return len(obsolete) + len(missing)


def _name(field: CustomerField) -> str:
    """A field that is renamed gets another index."""
    return f"customer_field_{field.pk}_of_{hashlib.sha256(_expression(field).encode()).hexdigest()[:8]}"


def _expression(field: CustomerField) -> str:
    return indexed_expression(field.name, field.type, TABLE)


def _make(name: str, field: CustomerField) -> None:
    log.info("field_index_made", field=field.name, organization=field.organization_id)
    expression = sql.SQL(_expression(field))
    statistics = "CREATE STATISTICS IF NOT EXISTS {} ON ({}) FROM customers_customer"
    _execute(sql.SQL(statistics).format(sql.Identifier(f"{name}_s"), expression))
    index = "CREATE INDEX CONCURRENTLY {} ON customers_customer (({})) WHERE organization_id = {}"
    _execute(sql.SQL(index).format(sql.Identifier(name), expression, sql.Literal(field.organization_id)))


def _execute(statement: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
