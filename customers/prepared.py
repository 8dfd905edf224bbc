"""Hot look-ups: a queryset compiled to SQL once, executed ever after with new parameters only.

Building and compiling a queryset costs several times what PostgreSQL needs to answer it. The SQL of a look-up never
changes, so it is compiled at its first use, and prepared on each connection.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import DatabaseDefault
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery
from django.db.transaction import TransactionManagementError
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

Row = TypeVar("Row", bound=models.Model)
INTEGER = psycopg.adapters.types["int8"].oid
# PostgreSQL finds out what a text is meant to be.
UNKNOWN = 0
PLACEHOLDERS = re.compile(r"%%|%s|%\((\w+)\)s")
# For the names of statements; psycopg's own begin with _pg3_.
NUMBERS = itertools.count(1)
# The SQLSTATE of a prepared statement that the connection has not, or no longer.
NOT_PREPARED = b"26000"
# A stand-in for each parameter while compiling; no real value of a query is one of these.
STANDINS: dict[type, Callable[[int], Any]] = {
    int: lambda position: 2**62 + position,
    str: lambda position: f"\ue000parameter {position}\ue000",
    UUID: lambda position: UUID(int=2**127 + position),
}


Arguments = Sequence[Any] | Mapping[str, Any]


class PreparedQuery(Generic[Row]):
    """`build(**parameters)` returns the queryset; `parameters` names each one with its type: int, str or UUID."""

    def __init__(self, build: Callable[..., "models.QuerySet[Row]"], **parameters: type) -> None:
        self.build = build
        self.parameters = parameters
        self.compiled: _Compiled[Row] | None = None

    def first(self, **values: Any) -> Row | None:
        """The first row for these values of the parameters, or None."""
        if self.compiled is None:
            self.compiled = _Compiled(self.build, self.parameters)
        return self.compiled.first(values)


class PreparedStatement:
    """SQL that is executed by its prepared name, without a cursor; parameters are `%s`, or all of them `%(name)s`.

    Django's and psycopg's cursors cost three times what the execution costs. They are used all the same where they
    are needed: to log or wrap the statement, for values other than int and storable text. So an instant, a UUID or a
    list is handed over as text, and the SQL says what it is (`%s::uuid`).
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        # In their order in the SQL, each name once.
        self.names: list[str] = []
        self.numbered = PLACEHOLDERS.sub(self._number, sql)
        self.name = f"prepared_{next(NUMBERS)}".encode()

    def _number(self, placeholder: "re.Match[str]") -> str:
        if placeholder[0] == "%%":
            return "%"
        name = placeholder[1] or str(len(self.names))
        if name not in self.names:
            self.names.append(name)
        return f"${self.names.index(name) + 1}"

    def first_row(self, arguments: Arguments) -> tuple[Any, ...] | None:
        """The first row of the answer, or None."""
        found = self.rows(arguments)
        return found[0] if found else None

    def rows(self, arguments: Arguments) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        database: Any = connections[DEFAULT_DB_ALIAS]
        database.close_if_health_check_failed()
        database.ensure_connection()
        database.make_ready()
        values = [arguments[name] for name in self.names] if isinstance(arguments, Mapping) else arguments
        if _needs_cursor(database, values):
            with database.cursor() as cursor:
                cursor.execute(self.sql, arguments)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found
        with database.wrap_database_errors:
            transformer = Transformer(database.connection)
            result = self._execute(database, values)
            transformer.set_pgresult(result)
            return transformer.load_rows(0, result.ntuples, tuple)

    def _execute(self, database: Any, arguments: Sequence[Any]) -> PGresult:
        server: PGconn = database.connection.pgconn
        if database.in_atomic_block:
            database.validate_no_broken_transaction()
            if server.transaction_status == TransactionStatus.IDLE:
                _require(server.exec_(b"BEGIN"), ExecStatus.COMMAND_OK)
        self._prepare_once(database.connection, arguments)
        values = [str(argument).encode() for argument in arguments]
        result = server.exec_prepared(self.name, values)
        if not database.in_atomic_block and result.error_field(DiagnosticField.SQLSTATE) == NOT_PREPARED:
            # Something between here and the server has dropped it.
            self._prepare(server, arguments)
            result = server.exec_prepared(self.name, values)
        return _require(result, ExecStatus.TUPLES_OK)

    def _prepare_once(self, connection: Any, arguments: Sequence[Any]) -> None:
        """Prepare it on a connection that hasn't it: in a transaction it is too late to learn that from an error.

        What a connection has stands in psycopg's own list, since psycopg drops all statements after a rollback, and
        those that were not used for long where there are many.
        """
        names = connection._prepared._names  # noqa: SLF001 - psycopg has no other way to ask
        key = (self.name, ())
        if key in names:
            names.move_to_end(key)
        else:
            self._prepare(connection.pgconn, arguments)
            names[key] = self.name

    def _prepare(self, server: PGconn, arguments: Sequence[Any]) -> None:
        types = [INTEGER if isinstance(argument, int) else UNKNOWN for argument in arguments]
        _require(server.prepare(self.name, self.numbered.encode(), types), ExecStatus.COMMAND_OK)


def _require(result: PGresult, status: ExecStatus) -> PGresult:
    if result.status != status:
        error = psycopg.errors.error_from_result(result)
        if error.sqlstate is None:
            # Not the server has spoken but the library: the connection is lost.
            raise psycopg.OperationalError(str(error))
        raise error
    return result


def _needs_cursor(database: Any, arguments: Sequence[Any]) -> bool:
    return bool(
        # A transaction that isn't Django's.
        database.connection.autocommit is database.in_atomic_block
        or database.queries_logged
        or database.execute_wrappers
        or not all(type(each) is int or (type(each) is str and "\x00" not in each) for each in arguments)
    )


class _Compiled(Generic[Row]):
    def __init__(self, build: Callable[..., "models.QuerySet[Row]"], parameters: dict[str, type]) -> None:
        standins = {name: STANDINS[kind](position) for position, (name, kind) in enumerate(parameters.items())}
        names = {standin: name for name, standin in standins.items()}
        queryset = build(**standins)[:1]
        self.model = queryset.model
        self.locks = queryset.query.select_for_update
        self.compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, arguments = self.compiler.as_sql()
        self.names = [names.get(argument) if isinstance(argument, int | str | UUID) else None for argument in arguments]
        self.constants = arguments
        self.statement = PreparedStatement(self.sql)
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
        if self.locks and not connections[DEFAULT_DB_ALIAS].in_atomic_block:
            raise TransactionManagementError("a lock outside of a transaction is gone at once")
        arguments = [
            constant if name is None else values[name]
            for name, constant in zip(self.names, self.constants, strict=True)
        ]
        row = self.statement.first_row(arguments)
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


class PreparedInsert(Generic[Row]):
    """What `save()` does for a new row of a model without parents and signals."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        # By the names of the columns that the database fills in itself.
        self.compiled: dict[tuple[str, ...], str] = {}

    def insert(self, row: Row) -> None:
        """Insert `row` and set on it what the database has chosen (its id, its defaults)."""
        meta = self.model._meta  # noqa: SLF001 - Django documents it
        fields = [field for field in meta.local_concrete_fields if field is not meta.auto_field]
        values = {field: field.pre_save(row, add=True) for field in fields}
        defaults = tuple(field.attname for field, value in values.items() if isinstance(value, DatabaseDefault))
        if defaults not in self.compiled:
            self.compiled[defaults] = self._compile(row, fields)
        database = connections[DEFAULT_DB_ALIAS]
        arguments = [
            field.get_db_prep_save(value, database) for field, value in values.items() if field.attname not in defaults
        ]
        with database.cursor() as cursor:
            cursor.execute(self.compiled[defaults], arguments)
            returned = cursor.fetchone()
        for field, value in zip(meta.db_returning_fields, returned, strict=True):
            setattr(row, field.attname, value)
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 - as from_db does

    def _compile(self, row: Row, fields: list[Any]) -> str:
        query = InsertQuery(self.model)
        query.insert_values(fields, [row])
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.returning_fields = self.model._meta.db_returning_fields  # noqa: SLF001 - as Django's own save()
        ((sql, _),) = compiler.as_sql()
        return str(sql)
