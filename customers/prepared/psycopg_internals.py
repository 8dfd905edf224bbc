"""Executing a statement by its prepared name, on psycopg's own connection and beside its cursors."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

INTEGER = psycopg.adapters.types["int8"].oid
# PostgreSQL infers the type of a text parameter.
UNKNOWN = 0
# The SQLSTATE of a prepared statement that the session doesn't have.
NOT_PREPARED = b"26000"

Session = psycopg.Connection[Any]


def begin_if_idle(session: Session) -> None:
    """Begin a transaction as psycopg's cursors do outside of autocommit, with the first statement."""
    if session.pgconn.transaction_status == TransactionStatus.IDLE:
        _require(session.pgconn.exec_(b"BEGIN"), ExecStatus.COMMAND_OK)


def execute_prepared(
    session: Session, name: bytes, sql: bytes, arguments: Sequence[int | str], *, may_retry: bool
) -> list[tuple[Any, ...]]:
    """The rows of a statement, which is prepared first if the session doesn't have it.

    `may_retry`: outside of a transaction a statement that something between here and the server has dropped can be
    prepared again; inside, its error would end the transaction.
    """
    _prepare_once(session, name, sql, arguments)
    values = [str(argument).encode() for argument in arguments]
    result = session.pgconn.exec_prepared(name, values)
    if may_retry and result.error_field(DiagnosticField.SQLSTATE) == NOT_PREPARED:
        _prepare(session.pgconn, name, sql, arguments)
        result = session.pgconn.exec_prepared(name, values)
    return _rows(session, _require(result, ExecStatus.TUPLES_OK))


def _prepare_once(session: Session, name: bytes, sql: bytes, arguments: Sequence[int | str]) -> None:
    """Prepare a statement unless psycopg's list of the session's statements has it.

    It must be in that list: psycopg deallocates all statements after a rollback, and the least recently used ones if
    there are too many.
    """
    names = session._prepared._names  # noqa: SLF001 - psycopg has no public way to ask
    key = (name, ())
    if key in names:
        names.move_to_end(key)
    else:
        _prepare(session.pgconn, name, sql, arguments)
        names[key] = name


def _prepare(server: PGconn, name: bytes, sql: bytes, arguments: Sequence[int | str]) -> None:
    types = [INTEGER if isinstance(argument, int) else UNKNOWN for argument in arguments]
    _require(server.prepare(name, sql, types), ExecStatus.COMMAND_OK)


def _rows(session: Session, result: PGresult) -> list[tuple[Any, ...]]:
    transformer = Transformer(session)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


def _require(result: PGresult, status: ExecStatus) -> PGresult:
    if result.status != status:
        error = psycopg.errors.error_from_result(result)
        if error.sqlstate is None:
            # Not an error of the server but of libpq: the connection is lost.
            raise psycopg.OperationalError(str(error))
        raise error
    return result
