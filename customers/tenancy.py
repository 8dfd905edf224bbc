"""Whose row is it: every row of a tenant hangs below one organization, and no query is made without naming it.

The database keeps it so that a row and what it points to are of one organization (docs/decisions/0090): migrations
say so with the operations below, for every foreign key of a tenant's row to a tenant's row.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.migrations.operations.base import Operation

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

INVALID = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
SIMPLE_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attname = 'organization_id'
WHERE indrelid = %s::regclass AND indnatts = 1 AND indkey[0] = attnum AND NOT indisunique AND indpred IS NULL
"""
SIMPLE_KEYS = """
SELECT conname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attname = %s
WHERE conrelid = %s::regclass AND contype = 'f' AND conkey = ARRAY[attnum]
"""
EXISTING = "SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"
CHECK = SQL("check")
REFUSE = """
CREATE OR REPLACE FUNCTION refuse_another_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % stays in its organization', TG_TABLE_NAME
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$
"""
ADDED = """
CREATE OR REPLACE TRIGGER {table}_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION check_rows_of_one_organization({pairs})
"""
MOVED = """
CREATE OR REPLACE TRIGGER {table}_moved AFTER UPDATE OF {columns} ON {table}
FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION check_rows_of_one_organization({pairs})
"""
STAY = """
CREATE OR REPLACE TRIGGER {table}_stays AFTER UPDATE OF organization_id ON {table}
FOR EACH ROW WHEN (NEW.organization_id <> OLD.organization_id) EXECUTE FUNCTION refuse_another_organization()
"""


class TenantModel(models.Model):
    """A row that belongs to one organization."""

    organization = models.ForeignKey("customers.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class OfTenant(Operation):
    """A change of the database that models know nothing of; beside the traffic, and done again where it was cut off."""

    reversible = True
    atomic = False
    verb: ClassVar[str]

    def __init__(self, model: str, *fields: str) -> None:
        self.model, self.fields = model, fields

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Itself, for migrations that are written by Django."""
        return type(self).__name__, [self.model, *self.fields], {}

    def describe(self) -> str:
        """What Django shows."""
        return f"{self.verb} {self.model} {' '.join(self.fields)}".strip()

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models stay as they are."""

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """What was checked may stay so: an older version wrote nothing else either."""

    def related(self, app_label: str, state: Any) -> list[tuple[str, str, str, str]]:
        """Of each foreign key: its table, its column, the parent's table and the parent's key."""
        model = state.apps.get_model(app_label, self.model)
        keys = [model._meta.get_field(name) for name in self.fields]  # noqa: SLF001 - Django's documented way, as below
        return [(_table(model), key.column, _table(key.related_model), key.target_field.column) for key in keys]


class ParentInOrganization(OfTenant):
    """A unique index of (organization, id), for children to point to; it serves what one of the organization does."""

    verb = "Let children point to"

    def database_forwards(self, app_label: str, schema_editor: Any, _: Any, to_state: Any) -> None:
        """Make it concurrently, and let go of the index that is its beginning."""
        table = _table(to_state.apps.get_model(app_label, self.model))
        name = f"{table}_in_organization"
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(INVALID, [name])
            if cursor.fetchone():
                cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
            columns = f"{table} (organization_id, id)"
            cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}")
            cursor.execute(SIMPLE_INDEXES, [table])
            for (index,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX CONCURRENTLY {index}")


class WithinOrganization(OfTenant):
    """Foreign keys together with the organization, in place of Django's; the parents have their index already."""

    verb = "Hold within the organization"

    def database_forwards(self, app_label: str, schema_editor: Any, _: Any, to_state: Any) -> None:
        """Add each without looking at what is there, which is a moment; look then, while others write."""
        with schema_editor.connection.cursor() as cursor:
            for table, column, parent, key in self.related(app_label, to_state):
                name = f"{table}_{column}_within"
                cursor.execute(EXISTING, [table, name])
                if not cursor.fetchone():
                    cursor.execute(
                        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {column})"
                        f" REFERENCES {parent} (organization_id, {key}) DEFERRABLE INITIALLY DEFERRED NOT VALID"
                    )
                cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
                cursor.execute(SIMPLE_KEYS, [column, table])
                for (simple,) in cursor.fetchall():
                    cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{simple}"')


class WatchedInOrganization(OfTenant):
    """The same by triggers, where a key or its parent's index would cost too much: of a statement's rows together.

    Whether a parent is there at all is not asked; parents stay in their organization.
    """

    verb = "Watch within the organization"

    def database_forwards(self, app_label: str, schema_editor: Any, _: Any, to_state: Any) -> None:
        """Make the triggers; `manage.py verify` looks at what is there already."""
        related = self.related(app_label, to_state)
        table = related[0][0]
        columns = ["organization_id", *(column for _, column, _, _ in related)]
        values = {
            "table": table,
            "pairs": ", ".join(f"'{column}', '{parent}'" for _, column, parent, _ in related),
            "columns": ", ".join(columns),
            "differs": " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns),
        }
        with schema_editor.connection.cursor() as cursor:
            for statement in (CHECK, REFUSE, ADDED.format(**values), MOVED.format(**values)):
                cursor.execute(statement)
            for _, _, parent, _ in related:
                cursor.execute(STAY.format(table=parent))


def _table(model: Any) -> str:
    return str(model._meta.db_table)  # noqa: SLF001
