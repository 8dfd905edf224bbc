"""What PostgreSQL reads for the statements of a piece of our code, as it says itself."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from psycopg.sql import Composable

EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@dataclass
class Plans:
    """The rows that were read of each table, by all statements together, and the tables that were read from end to end.

    Rows that a filter threw away were read too.
    """

    rows: dict[str, int] = field(default_factory=dict)
    read_whole: set[str] = field(default_factory=set)
    indexes: set[str] = field(default_factory=set)

    def add(self, plan: dict[str, Any]) -> None:
        """Add a node of a plan and those below it."""
        if "Index Name" in plan:
            self.indexes.add(plan["Index Name"])
        if "Relation Name" in plan and "Scan" in plan["Node Type"]:
            table = plan["Relation Name"]
            removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
            read = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
            self.rows[table] = self.rows.get(table, 0) + int(read)
            if plan["Node Type"] == "Seq Scan" and plan["Actual Loops"]:
                self.read_whole.add(table)
        for below in plan.get("Plans", ()):
            self.add(below)

    def explain(self, execute: Callable[..., Any], sql: str | Composable, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        """Run a statement twice: explained and undone, and as it is."""
        if isinstance(sql, Composable):
            sql = sql.as_string(connection.connection)
        if sql.lstrip().startswith(EXPLAINED):
            before = transaction.get_autocommit()
            assert not before, "plans are looked at within a transaction"
            execute("SAVEPOINT explained", None, many, context)
            execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params, many, context)
            (found,) = context["cursor"].fetchone()
            execute("ROLLBACK TO SAVEPOINT explained", None, many, context)
            (root,) = json.loads(found) if isinstance(found, str) else found
            self.add(root["Plan"])
        return execute(sql, params, many, context)


@contextmanager
def plans() -> Iterator[Plans]:
    """Gather what the block's statements read, and undo what they wrote; the tables must have been analyzed."""
    gathered = Plans()
    with transaction.atomic(), connection.execute_wrapper(gathered.explain):
        yield gathered
        transaction.set_rollback(True)
