"""What Django's ORM makes of a queryset and of a new row: SQL, and rows turned into instances."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery

Row = TypeVar("Row", bound=models.Model)


class CompiledSelect(Generic[Row]):
    """A queryset's `sql` and `arguments`, and `instance`, which makes of a row what iterating the queryset would."""

    def __init__(self, queryset: "models.QuerySet[Row]") -> None:
        self._model = queryset.model
        self._compiler: Any = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.has_lock = queryset.query.select_for_update
        sql, arguments = self._compiler.as_sql()
        self.sql: str = sql
        self.arguments: Sequence[Any] = arguments
        select, klass_info = self._compiler.select, self._compiler.klass_info
        self._converters = self._compiler.get_converters([column for column, _, _ in select])
        self._start, self._end = klass_info["select_fields"][0], klass_info["select_fields"][-1] + 1
        self._attributes = [column.target.attname for column, _, _ in select[self._start : self._end]]
        self._populators = get_related_populators(klass_info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # Django 5.2
        self._annotations = self._compiler.annotation_col_map

    def instance(self, row: tuple[Any, ...]) -> Row:
        """The model's instance of a row, with its selected relations and annotations."""
        if self._converters:
            row = next(iter(self._compiler.apply_converters([row], self._converters)))
        found: Row = self._model.from_db(DEFAULT_DB_ALIAS, self._attributes, row[self._start : self._end])
        for populator in self._populators:
            populator.populate(row, found)
        for name, position in self._annotations.items():
            setattr(found, name, row[position])
        return found


def compile_insert(row: models.Model, fields: Sequence[Any]) -> str:
    """The statement of `save()` for a new row, which returns what the database fills in."""
    model = type(row)
    query = InsertQuery(model)
    query.insert_values(fields, [row])
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.returning_fields = returned_fields(model)
    ((sql, _),) = compiler.as_sql()
    return str(sql)


def inserted_fields(model: type[models.Model]) -> list[Any]:
    """The columns of a new row, without its primary key."""
    meta = model._meta
    return [field for field in meta.local_concrete_fields if field is not meta.auto_field]


def returned_fields(model: type[models.Model]) -> Sequence[Any]:
    """The columns that the database fills in itself."""
    fields: Sequence[Any] = model._meta.db_returning_fields
    return fields


def mark_saved(row: models.Model) -> None:
    """Note that a row is in the database."""
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
