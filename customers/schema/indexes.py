"""Indexes and statistics of targetable and of unique fields.

`CREATE INDEX CONCURRENTLY` blocks no write, but can't run in a transaction. So a field is only marked, and a task
brings the database to the marked state. It is idempotent and may be killed at any point (docs/decisions/0053, 0079).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import Error, IntegrityError, connection
from django.utils import timezone
from psycopg import sql

from customers.advisory_locks import session_lock
from customers.bounds import Work, bounded
from customers.field_values.sql import digest_expression, indexed_expression, text_expression
from customers.models import CustomerField
from customers.organizations.organizations import bump_version
from customers.transactions import was_undone

# Held while making indexes or analyzing the customers' table. PostgreSQL allows one of these at a time, and two that
# wait for each other's table lock and snapshot would deadlock.
LOCK = 5_720_310_442
TABLE = "customers_customer"
LIST_FIELD_INDEXES = """
SELECT class.relname, index.indisvalid FROM pg_class class JOIN pg_index index ON index.indexrelid = class.oid
WHERE index.indrelid = 'customers_customer'::regclass
AND class.relname ~ '^customer_field_[0-9]+_(of|unique)_[0-9a-f]{8}$'
"""
ANALYZE = sql.SQL("ANALYZE customers_customer")
# How long statistics wait for the lock: the index of a field takes a minute with millions of customers.
PATIENCE_SECONDS = 600.0
SHARED = "Two customers share a value, so the field is not unique. Correct them and mark it again."
FAILED = "The index that keeps it unique could not be made; it is tried again each minute, and the log says why."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FieldIndex:
    """An index that a field should have; its name depends on the field's name and type."""

    field: CustomerField
    is_unique: bool

    @property
    def expression(self) -> str:
        """What is indexed: the digest of a unique field's value, else the expression that conditions compare."""
        if self.is_unique:
            return digest_expression(text_expression(self.field.name, TABLE))
        return indexed_expression(self.field.name, self.field.type, TABLE)

    @property
    def name(self) -> str:
        """Its name, with a digest of its expression."""
        digest = hashlib.sha256(self.expression.encode()).hexdigest()[:8]
        return f"{_stem(self.field, is_unique=self.is_unique)}_{digest}"

    def creation(self, *, concurrently: bool = True) -> sql.Composed:
        """The statement that makes it."""
        statement = "CREATE {unique}INDEX {concurrently}{name} ON customers_customer (({expression})) WHERE {whose}"
        return sql.SQL(statement).format(
            unique=sql.SQL("UNIQUE " if self.is_unique else ""),
            concurrently=sql.SQL("CONCURRENTLY " if concurrently else ""),
            name=sql.Identifier(self.name),
            expression=sql.SQL(self.expression),
            whose=sql.SQL("organization_id = {}").format(sql.Literal(self.field.organization_id)),
        )


def is_unique_index_of(*, field: CustomerField, name: str | None) -> bool:
    """Whether `name` is the name of a unique index of the field, current or former."""
    return name is not None and name.startswith(f"{_stem(field, is_unique=True)}_")


def maintain_field_indexes() -> int:
    """Create missing indexes and drop unwanted ones; returns how many changed. Call it outside of transactions.

    If PostgreSQL ends one of the statements to resolve a deadlock (with a VACUUM, say), the next call does the rest.
    """
    changed = 0
    with _index_lock(0) as is_ours:
        if is_ours:
            try:
                for changed in _changes():  # noqa: B007 - told below
                    pass
            except Error as error:
                if not was_undone(error):
                    raise
                log.info("field_indexes_postponed", reason=str(error))
    return changed


def analyze_customers() -> None:
    """Analyze the customers' table while nobody makes indexes; after ten minutes leave it to autovacuum."""
    with _index_lock(PATIENCE_SECONDS) as is_ours:
        if is_ours:
            _execute(ANALYZE)
        else:
            log.warning("analyze_left_to_autovacuum")


@contextmanager
def _index_lock(patience: float) -> Iterator[bool]:
    """Run the block as the only process at the table's indexes; it yields False if another one still is."""
    try:
        # Without a timeout: an index waits for every transaction that began before it.
        with bounded(Work.SCHEMA), session_lock(LOCK, patience=patience) as is_ours:
            yield is_ours
    finally:
        connection.close()


def _changes() -> Iterator[int]:
    """Change one after the other; yields how many have changed so far."""
    fields = list(CustomerField.objects.select_related("organization"))
    indexes = [FieldIndex(field, is_unique=False) for field in fields if field.targetable]
    indexes += [FieldIndex(field, is_unique=True) for field in fields if field.unique]
    wanted = {index.name: index for index in indexes}
    with connection.cursor() as cursor:
        cursor.execute(LIST_FIELD_INDEXES)
        existing = dict(cursor.fetchall())
    broken = [name for name, is_valid in existing.items() if not is_valid]
    missing = [index for name, index in wanted.items() if not existing.get(name)]
    # Dropped last, so that a field that gets a new index stays unique meanwhile.
    unwanted = [name for name, is_valid in existing.items() if is_valid and name not in wanted]
    steps = [*(partial(_drop, name) for name in broken), *(partial(_make, index) for index in missing)]
    for changed, step in enumerate([*steps, *(partial(_drop, name) for name in unwanted)], start=1):
        step()
        yield changed
    for name, index in wanted.items():
        if index.is_unique and existing.get(name):
            _mark_unique(index)
    if any(not index.is_unique for index in missing):
        _execute(ANALYZE)


def _drop(name: str) -> None:
    _execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(name)))
    _execute(sql.SQL("DROP STATISTICS IF EXISTS {}").format(sql.Identifier(f"{name}_s")))


def _make(index: FieldIndex) -> None:
    """Create one; a failure is logged and doesn't keep other indexes from being created."""
    field = index.field
    told = {"field": field.name, "organization": field.organization_id, "unique": index.is_unique}
    try:
        if not index.is_unique:
            statistics = sql.SQL("CREATE STATISTICS IF NOT EXISTS {} ON ({}) FROM customers_customer")
            _execute(statistics.format(sql.Identifier(f"{index.name}_s"), sql.SQL(index.expression)))
        _execute(index.creation())
    except IntegrityError:
        _unmark_unique(index)
    except Error as error:
        if was_undone(error) or not connection.is_usable():
            raise
        log.error("field_index_failed", reason=str(error).strip(), **told)  # noqa: TRY400 - PostgreSQL's reason is enough
        _drop(index.name)
        CustomerField.objects.filter(pk=field.pk, unique=True).update(unique_problem=FAILED)
    else:
        if index.is_unique:
            _mark_unique(index)
        log.info("field_index_made", **told)


def _mark_unique(index: FieldIndex) -> None:
    """Note that the index is valid: from now on the database enforces uniqueness."""
    standing = CustomerField.objects.filter(pk=index.field.pk, unique=True, unique_since=None)
    standing.update(unique_since=timezone.now(), unique_problem="")


def _unmark_unique(index: FieldIndex) -> None:
    """Customers came to share a value before the index existed: remove the mark and tell the operator."""
    field = index.field
    log.warning("field_is_not_unique", field=field.name, organization=field.organization_id)
    _drop(index.name)
    CustomerField.objects.filter(pk=field.pk).update(unique=False, unique_since=None, unique_problem=SHARED)
    bump_version(organization=field.organization, changed={CustomerField: [field.pk]})


def _stem(field: CustomerField, *, is_unique: bool) -> str:
    return f"customer_field_{field.pk}_{'unique' if is_unique else 'of'}"


def _execute(statement: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
