"""PostgreSQL as it undoes transactions: a trigger on every table raises its errors at the writes that a test names.

The errors are real (the server rolls back, the connection lives on), and come when they are wanted, where a real
deadlock comes when it likes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.apps import apps
from django.db import connection

DEADLOCK, SERIALIZATION = "40P01", "40001"
FUNCTION = """
CREATE SEQUENCE undoing_writes;
CREATE FUNCTION undoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('undoing_writes') = ANY (string_to_array(current_setting('undoing.writes', true), ',')::bigint[]) THEN
        RAISE EXCEPTION 'undone by the test' USING ERRCODE = current_setting('undoing.state');
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
TRIGGER = "CREATE TRIGGER undoing BEFORE INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION undoing();"
DROP = "DROP FUNCTION IF EXISTS undoing() CASCADE; DROP SEQUENCE IF EXISTS undoing_writes;"
# Numbers that say which one it is, not how many there are, differ from one time to the next.
COUNTED = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = ANY(%s) AND column_name NOT LIKE '%%id'
AND column_name NOT IN ('minute', 'merged_in')
AND (table_name, column_name) <> ('customers_definitionchange', 'version')
AND data_type IN ('smallint', 'integer', 'bigint', 'numeric')
"""
Sums = dict[str, int]


@contextmanager
def triggers() -> Iterator[None]:
    """Have the triggers on every table as long as the block lasts."""
    _execute(DROP + FUNCTION + "".join(TRIGGER.format(table) for table in tables()))
    try:
        yield
    finally:
        _execute(DROP)


@contextmanager
def undone(writes: Sequence[int], state: str = DEADLOCK) -> Iterator[None]:
    """Undo what writes a row for the first, second, … time from here on, on this connection."""
    _execute("ALTER SEQUENCE undoing_writes RESTART")
    _set(",".join(map(str, writes)), state)
    try:
        yield
    finally:
        _set("", state)


def writes_seen() -> int:
    """How many rows were written since the last `undone` began, what was undone included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM undoing_writes")
        return int(cursor.fetchone()[0])


def tables() -> list[str]:
    """Every table of ours and of Django's apps but its own bookkeeping."""
    return [model._meta.db_table for model in apps.get_models()]


def sums() -> Sums:
    """The rows of each table, and the sum of each of its numbers: what is done twice is seen in one of them."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [tables()])
        numbers = cursor.fetchall()
        parts = [f"SELECT '{table}' AS name, count(*)::numeric AS value FROM {table}" for table in tables()]
        parts += [f"SELECT '{table}.{column}', COALESCE(sum({column}), 0) FROM {table}" for table, column in numbers]
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def difference(before: Sums, after: Sums) -> Sums:
    """What has changed."""
    return {name: value - before[name] for name, value in after.items() if value != before[name]}


def _set(writes: str, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('undoing.writes', %s, false), set_config('undoing.state', %s, false)",
            [
                writes,
                state,
            ],
        )


def _execute(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements)
