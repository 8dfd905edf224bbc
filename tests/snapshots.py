"""Going back to where a test was, in milliseconds: for walks that begin again and again at the same rows."""

from django.db import connection, transaction

from tests.flush import names_with_rows


class Snapshot:
    """All rows as they are; they are kept by this thread's connection, which must not be closed meanwhile."""

    def __init__(self) -> None:
        self._names = names_with_rows()
        with connection.cursor() as cursor:
            for name in self._names:
                cursor.execute(f"CREATE TEMPORARY TABLE {_kept(name)} AS TABLE {_quoted(name)}")

    def restore(self) -> None:
        """Have these rows again, and no others; numbers that were given out stay so."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in names_with_rows():
                cursor.execute(f"DELETE FROM {_quoted(name)}")
            for name in self._names:
                cursor.execute(f"INSERT INTO {_quoted(name)} SELECT * FROM {_kept(name)}")


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _kept(name: str) -> str:
    return _quoted(f"kept_{name}")
