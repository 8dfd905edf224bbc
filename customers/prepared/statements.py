"""Statements that are executed by their prepared names."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from customers.prepared.psycopg_internals import begin_if_idle, execute_prepared

PLACEHOLDERS = re.compile(r"%%|%s|%\((\w+)\)s")
# For the names of statements; psycopg's own begin with _pg3_.
NUMBERS = itertools.count(1)

Arguments = Sequence[Any] | Mapping[str, Any]


class PreparedStatement:
    """SQL that is executed by its prepared name, without a cursor; parameters are `%s`, or all of them `%(name)s`.

    A cursor is used all the same to log or wrap the statement, and for arguments other than int and storable text. So
    pass an instant, a UUID or a list as text, and let the SQL cast it (`%s::uuid`).
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        # In their order in the SQL, each name once.
        self.names: list[str] = []
        self.numbered = PLACEHOLDERS.sub(self._number, sql).encode()
        self.name = f"prepared_{next(NUMBERS)}".encode()

    def _number(self, placeholder: "re.Match[str]") -> str:
        if placeholder[0] == "%%":
            return "%"
        name = placeholder[1] or str(len(self.names))
        if name not in self.names:
            self.names.append(name)
        return f"${self.names.index(name) + 1}"

    def first_row(self, arguments: Arguments) -> tuple[Any, ...] | None:
        """The first row of the result, or None."""
        found = self.rows(arguments)
        return found[0] if found else None

    def rows(self, arguments: Arguments) -> list[tuple[Any, ...]]:
        """All rows of the result."""
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
        is_atomic: bool = database.in_atomic_block
        with database.wrap_database_errors:
            if is_atomic:
                database.validate_no_broken_transaction()
                begin_if_idle(database.connection)
            return execute_prepared(database.connection, self.name, self.numbered, values, may_retry=not is_atomic)


def _needs_cursor(database: Any, arguments: Sequence[Any]) -> bool:
    return bool(
        # A transaction that isn't Django's.
        database.connection.autocommit is database.in_atomic_block
        or database.queries_logged
        or database.execute_wrappers
        or not all(type(each) is int or (type(each) is str and "\x00" not in each) for each in arguments)
    )
