"""Querysets and inserts of the ORM that are compiled once and executed with new parameters."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import DatabaseDefault
from django.db.transaction import TransactionManagementError

from customers.prepared.django_internals import (
    CompiledSelect,
    compile_insert,
    inserted_fields,
    mark_saved,
    returned_fields,
)
from customers.prepared.statements import PreparedStatement

Row = TypeVar("Row", bound=models.Model)
# A placeholder for each parameter while compiling; no real value of a query is one of these.
STANDINS: dict[type, Callable[[int], Any]] = {
    int: lambda position: 2**62 + position,
    str: lambda position: f"\ue000parameter {position}\ue000",
    UUID: lambda position: UUID(int=2**127 + position),
}


class PreparedQuery(Generic[Row]):
    """`build(**parameters)` returns the queryset; `parameters` names each one with its type: int, str or UUID."""

    def __init__(self, build: Callable[..., "models.QuerySet[Row]"], **parameters: type) -> None:
        self.build = build
        self.parameters = parameters
        self._query: _Query[Row] | None = None

    def first(self, **values: object) -> Row | None:
        """The first row for these values of the parameters, or None."""
        if self._query is None:
            self._query = _Query(self.build, self.parameters)
        return self._query.first(values)


class _Query(Generic[Row]):
    def __init__(self, build: Callable[..., "models.QuerySet[Row]"], parameters: dict[str, type]) -> None:
        standins = {name: STANDINS[kind](position) for position, (name, kind) in enumerate(parameters.items())}
        names = {standin: name for name, standin in standins.items()}
        self.select = CompiledSelect(build(**standins)[:1])
        # For each argument the name of its parameter, or None for a constant of the query.
        self.names = [
            names.get(argument) if isinstance(argument, int | str | UUID) else None
            for argument in self.select.arguments
        ]
        if set(names.values()) - set(self.names):
            raise AssertionError(f"a parameter is not in the query: {self.select.sql}")
        self.statement = PreparedStatement(self.select.sql)

    def first(self, values: dict[str, Any]) -> Row | None:
        if self.select.has_lock and not connections[DEFAULT_DB_ALIAS].in_atomic_block:
            raise TransactionManagementError("a lock outside of a transaction is released at once")
        arguments = [
            constant if name is None else values[name]
            for name, constant in zip(self.names, self.select.arguments, strict=True)
        ]
        row = self.statement.first_row(arguments)
        return None if row is None else self.select.instance(row)


class PreparedInsert(Generic[Row]):
    """What `save()` does for a new row of a model without parents and signals."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        # By the names of the columns that the database fills in itself.
        self.compiled: dict[tuple[str, ...], str] = {}

    def insert(self, row: Row) -> None:
        """Insert `row` and set on it what the database has chosen (its id, its defaults)."""
        fields = inserted_fields(self.model)
        values = {field: field.pre_save(row, add=True) for field in fields}
        defaults = tuple(field.attname for field, value in values.items() if isinstance(value, DatabaseDefault))
        if defaults not in self.compiled:
            self.compiled[defaults] = compile_insert(row, fields)
        database = connections[DEFAULT_DB_ALIAS]
        arguments = [
            field.get_db_prep_save(value, database) for field, value in values.items() if field.attname not in defaults
        ]
        with database.cursor() as cursor:
            cursor.execute(self.compiled[defaults], arguments)
            returned = cursor.fetchone()
        for field, value in zip(returned_fields(self.model), returned, strict=True):
            setattr(row, field.attname, value)
        mark_saved(row)
