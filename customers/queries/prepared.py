"""Hot look-ups: a queryset compiled to SQL once, executed ever after with new parameters only.

Building and compiling a queryset costs several times what PostgreSQL needs to answer it. The SQL of a look-up never
changes, so it is compiled at its first use; psycopg then prepares it on each connection.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)
# A stand-in for each parameter while compiling; no real value of a query is one of these.
STANDINS: dict[type, Callable[[int], Any]] = {
    int: lambda position: 2**62 + position,
    str: lambda position: f"\ue000parameter {position}\ue000",
}


class PreparedQuery(Generic[Row]):
    """`build(**parameters)` returns the queryset; `parameters` names each one with its type, int or str."""

    def __init__(self, build: Callable[..., "models.QuerySet[Row]"], **parameters: type) -> None:
        self.build = build
        self.parameters = parameters
        self.compiled: _Compiled[Row] | None = None

    def first(self, **values: Any) -> Row | None:
        """The first row for these values of the parameters, or None."""
        if self.compiled is None:
            self.compiled = _Compiled(self.build, self.parameters)
        return self.compiled.first(values)


class _Compiled(Generic[Row]):
    def __init__(self, build: Callable[..., "models.QuerySet[Row]"], parameters: dict[str, type]) -> None:
        standins = {name: STANDINS[kind](position) for position, (name, kind) in enumerate(parameters.items())}
        names = {standin: name for name, standin in standins.items()}
        queryset = build(**standins)[:1]
        self.model = queryset.model
        self.compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, arguments = self.compiler.as_sql()
        self.names = [names.get(argument) if isinstance(argument, int | str) else None for argument in arguments]
        self.constants = arguments
        if set(names.values()) - set(self.names):
            raise AssertionError(f"a parameter is not in the query: {self.sql}")
        self._describe_rows()

    def _describe_rows(self) -> None:
        select, klass_info = self.compiler.select, self.compiler.klass_info
        self.converters = self.compiler.get_converters([column for column, _, _ in select])
        self.start, self.end = klass_info["select_fields"][0], klass_info["select_fields"][-1] + 1
        self.attributes = [column.target.attname for column, _, _ in select[self.start : self.end]]
        self.populators = get_related_populators(klass_info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # Django 5.2
        self.annotations = self.compiler.annotation_col_map

    def first(self, values: dict[str, Any]) -> Row | None:
        arguments = [
            constant if name is None else values[name]
            for name, constant in zip(self.names, self.constants, strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, arguments)
            row = cursor.fetchone()
        if row is None:
            return None
        if self.converters:
            row = next(iter(self.compiler.apply_converters([row], self.converters)))
        found: Row = self.model.from_db(DEFAULT_DB_ALIAS, self.attributes, row[self.start : self.end])
        for populator in self.populators:
            populator.populate(row, found)
        for name, position in self.annotations.items():
            setattr(found, name, row[position])
        return found
