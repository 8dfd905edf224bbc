"""Which rows a transaction locks, statement by statement, held against the order in docs/architecture.md."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

DOCUMENT = Path(__file__).parent.parent / "docs" / "architecture.md"
LINE = re.compile(r"^\|[^|]*\|(?P<tables>[^|]*`[^|]*)\|(?P<keys>[^|]*)\|$", re.MULTILINE)
NAME = re.compile(r"`([^`]+)`")
# Of these a row that is made is locked: somebody else may want to make the same one.
MADE_BY_SEVERAL = frozenset({"campaigns_participation", "campaigns_spendlimit", "campaigns_spendtotal"})
CUSTOMER, MADE_CUSTOMER = "customers_customer", "+customers_customer"
LEVELS = {
    "campaigns_adcampaign",
    "campaigns_adlineitem",
    "campaigns_adgroup",
    "campaigns_adunit",
    "campaigns_achievement",
}
PARTICIPATION = "campaigns_participation"
# Between the parts of a statement: `WITH a AS (…), b AS (…) UPDATE …`.
PARTS = re.compile(r"\),\s+\w+ AS (?:MATERIALIZED )?\(|\n\)\s+(?=SELECT|INSERT|UPDATE|DELETE)")
LOCKING = re.compile(r"FOR (?:NO KEY |KEY )?(?:UPDATE|SHARE)(?: OF (\w+(?:, \w+)*))?")
ALONE = re.compile("(?<!NO KEY )FOR UPDATE|DELETE FROM")
# Rows that Django makes many at a time: in the order of its list, as what is locked shows.
GIVEN = re.compile(r"SELECT \* FROM UNNEST")
ORDER_BY = re.compile(r"ORDER BY (.+?)\s*(?:\bFOR\b|\bLIMIT\b|\bON CONFLICT\b|\bRETURNING\b|\)|$)", re.DOTALL)
INSERTED = re.compile(r"INSERT INTO [^(]+\(([^)]*)\)\s*SELECT")
SELECTED = re.compile(r"SELECT (?:DISTINCT )?(.+?)\s+FROM\b", re.DOTALL)
ADVISORY = """
SELECT 'advisory', classid::text || '.' || objid::text, '', '0', ARRAY[]::text[]
FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
"""
Row = tuple[str, str]  # a table and the row's primary key


@dataclass(frozen=True)
class Kind:
    """A table, the place of its locks in the order, and the columns that order them among themselves."""

    rank: int
    keys: tuple[str, ...]


@cache
def written_order() -> dict[str, Kind]:
    """The table of docs/architecture.md, by table's name."""
    text = DOCUMENT.read_text()
    section = text[text.index("## The order of locks") :]
    return {
        table: Kind(rank, tuple(NAME.findall(line["keys"])))
        for rank, line in enumerate(LINE.finditer(section))
        for table in NAME.findall(line["tables"])
    }


@dataclass(frozen=True)
class State:
    """A row as a transaction sees it: another `ctid` is another version, another `xmax` another lock."""

    ctid: str
    xmax: str
    keys: tuple[int | str, ...]


@dataclass
class LockSpy:
    """Looks at every row after each statement; `breaches` says what was locked out of turn.

    That a statement which locks several rows orders them is seen by its text alone.
    """

    held: set[Row] = field(default_factory=set)
    made: set[Row] = field(default_factory=set)
    alone: set[int | str] = field(default_factory=set)
    before: dict[Row, State] = field(default_factory=dict)
    locked: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    highest: tuple[int, tuple[int | str, ...]] = (-1, ())

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,  # noqa: FBT001 (Django's)
        context: dict[str, Any],
    ) -> Any:
        """Execute one statement (Django's `execute_wrapper`) and look at what it has locked."""
        # A statement that is a transaction by itself is looked at before it commits.
        with nullcontext() if connection.in_atomic_block else transaction.atomic():
            connection.ensure_connection()
            if connection.connection.info.transaction_status != TransactionStatus.INTRANS:
                self._begin()
            result = execute(sql, params, many, context)
            after = _rows()
            self._judge(sql, after)
            self.before = after
        return result

    def _begin(self) -> None:
        self.held, self.made, self.alone, self.highest = set(), set(), set(), (-1, ())
        self.before = _rows()

    def _judge(self, sql: str, after: dict[Row, State]) -> None:
        order = written_order()
        made = {row for row in after if row not in self.before}
        counting = {*MADE_BY_SEVERAL, CUSTOMER, "advisory"}
        taken = {row for row in made if row[0] in counting and not self._is_ours(row, after)}
        taken |= {row for row, was in self.before.items() if _is_locked(was, after.get(row))} - self.held
        self.made |= {row for row in made if row[0] != "advisory"}
        kinds: dict[str, list[Row]] = {}
        for row in taken:
            kinds.setdefault(MADE_CUSTOMER if row[0] == CUSTOMER and row in made else row[0], []).append(row)
        self.held |= taken | made
        for name in sorted(kinds, key=lambda name: order[name].rank):
            self._take(name, sorted({**self.before, **after}[row].keys for row in kinds[name]), sql)
        self._require_order_of_text(kinds, sql)

    def _is_ours(self, row: Row, after: dict[Row, State]) -> bool:
        """Whether a new row hangs on one that this transaction has made."""
        parents = {"campaign_id": "campaigns_adcampaign", "customer_id": CUSTOMER}
        keys = zip(written_order()[row[0]].keys, after[row].keys, strict=True)
        return any((parents[name], str(value)) in self.made for name, value in keys if name in parents)

    def _take(self, name: str, keys: list[tuple[int | str, ...]], sql: str) -> None:
        """Rows of one table, by their keys; `keys` are in order."""
        rank = written_order()[name].rank
        self.locked.append(name)
        if name == CUSTOMER and ALONE.search(sql):
            self.alone |= {customer for (customer,) in keys}
        if name == PARTICIPATION:
            if any((CUSTOMER, str(customer)) not in self.held for customer, _ in keys):
                self.breaches.append(f"{name} {keys} before their customers: {_short(sql)}")
            keys = [key for key in keys if key[0] not in self.alone]
        if not keys:
            return
        is_low = rank < self.highest[0] or ((rank, keys[0]) < self.highest and name not in LEVELS)
        if is_low and "SKIP LOCKED" not in sql:
            self.breaches.append(f"{name} {keys} after {self.highest}: {_short(sql)}")
        if len(set(keys)) > 1 and name not in LEVELS and not _is_ordered(sql, name, keys):
            self.breaches.append(f"{name} {keys} in another order, or none: {_short(sql)}")
        self.highest = max(self.highest, (rank, keys[-1]))

    def _require_order_of_text(self, kinds: dict[str, list[Row]], sql: str) -> None:
        """Within a statement, parts that lock are written in their order (each later one looks at the one before)."""
        places: dict[tuple[int, int], int] = {}
        for name in kinds:
            parts = enumerate(PARTS.split(sql))
            found = ((number, place) for number, part in parts for place in _locks(part, name.removeprefix("+")))
            first = next(found, None)
            if first is not None:
                places[first] = written_order()[name].rank
        ranks = [places[place] for place in sorted(places)]
        if ranks != sorted(ranks):
            self.breaches.append(f"{sorted(kinds)} in another order within a statement: {_short(sql)}")


def _locks(part: str, table: str) -> Iterator[int]:
    """Where a part of a statement locks rows of a table."""
    if found := re.search(rf'(?:INTO|UPDATE|DELETE FROM) "?{table}\b', part):
        yield found.end()
    read, locking = re.search(rf'(?:FROM|JOIN) "?{table}\b"?(?: (\w+))?', part), LOCKING.search(part)
    if read and locking and (locking[1] is None or read[1] in locking[1].split(", ")):
        yield locking.end()


def _is_ordered(sql: str, table: str, keys: list[tuple[int | str, ...]]) -> bool:
    """Whether a statement locks these rows of a table by all their written keys that differ, ascending."""
    if GIVEN.search(sql):
        return True
    names = written_order()[table].keys
    differing = [name for name, values in zip(names, zip(*keys, strict=True), strict=True) if len(set(values)) > 1]
    parts = [part for part in PARTS.split(sql) if any(_locks(part, table.removeprefix("+")))]
    orders = [_columns(found[1], part, names) for part in parts for found in ORDER_BY.finditer(part)]
    # Who waits for nobody needs no order.
    return any("SKIP LOCKED" in part for part in parts) or any(
        [name for name in order if name.removeprefix("-") in differing] == differing for order in orders
    )


def _columns(listed: str, part: str, keys: tuple[str, ...]) -> list[str]:
    """The columns of an ORDER BY, as far as they are keys, by the keys' names; one that descends bears a minus."""
    selected = SELECTED.search(part)
    values = [each.strip() for each in selected[1].split(",")] if selected else []
    inserted = INSERTED.search(part)
    named = dict(zip(values, [each.strip() for each in inserted[1].split(",")], strict=False)) if inserted else {}
    columns = []
    for each in listed.split(","):
        text, _, way = each.strip().partition(" ")
        text = values[int(text) - 1].partition(" AS ")[0] if text.isdecimal() else text
        owner, _, bare = named.get(text, text).replace('"', "").rpartition(".")
        # `campaign.id` is the `campaign_id` of what is locked.
        name = f"{owner}_{bare}" if f"{owner}_{bare}" in keys else bare
        columns.append(f"-{name}" if "DESC" in way else name)
    return columns


def _is_locked(was: State, now: State | None) -> bool:
    return now is None or now.ctid != was.ctid or (now.xmax not in {was.xmax, "0"})


def _short(sql: str) -> str:
    return " ".join(sql.split())[:300]


def _rows() -> dict[Row, State]:
    """Every row of the tables in the order, and the advisory locks; past the spy, on the same connection."""
    with connection.connection.cursor() as cursor:
        cursor.execute(_select())
        return {
            (table, key): State(ctid, xmax, tuple(int(each) if each.isdigit() else each for each in keys))
            for table, key, ctid, xmax, keys in cursor.fetchall()
        }


@cache
def _select() -> str:
    parts = [ADVISORY]
    for table, kind in written_order().items():
        if table not in {"advisory", MADE_CUSTOMER}:
            key = "key" if table == "campaigns_recipient" else "id"
            keys = ", ".join(f"{name}::text" for name in kind.keys)
            parts.append(f"SELECT '{table}', {key}::text, ctid::text, xmax::text, ARRAY[{keys}]::text[] FROM {table}")
    return " UNION ALL ".join(parts)


@contextmanager
def locks_watched(name: str) -> Iterator[LockSpy]:
    """Watch what this thread's connection locks; a breach of the order fails."""
    connection.ensure_connection()
    spy = LockSpy()
    with connection.execute_wrapper(spy):
        yield spy
    assert not spy.breaches, "\n".join([name, *spy.breaches])
