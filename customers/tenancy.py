"""Tenancy: every row of a tenant belongs to one organization, and every query names it.

The database enforces that a row and what it points to belong to one organization (docs/decisions/0090). Migrations add
that with the operations below, for every foreign key between rows of tenants.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.migrations.operations.base import Operation

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

IS_INVALID_INDEX = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
# Indexes of `organization_id` alone, and foreign keys of one column alone: what the new ones replace.
LIST_SIMPLE_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attname = 'organization_id'
WHERE indrelid = %s::regclass AND indnatts = 1 AND indkey[0] = attnum AND NOT indisunique AND indpred IS NULL
"""
LIST_SIMPLE_KEYS = """
SELECT conname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attname = %s
WHERE conrelid = %s::regclass AND contype = 'f' AND conkey = ARRAY[attnum]
"""
CONSTRAINT_EXISTS = "SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"
CREATE_CHECK_FUNCTION = SQL("create_check_function")
CREATE_REFUSE_FUNCTION = SQL("create_refuse_function")
CREATE_INSERT_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION check_rows_of_one_organization({pairs})
"""
CREATE_UPDATE_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_moved AFTER UPDATE OF {columns} ON {table}
FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION check_rows_of_one_organization({pairs})
"""
CREATE_STAY_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_stays AFTER UPDATE OF organization_id ON {table}
FOR EACH ROW WHEN (NEW.organization_id <> OLD.organization_id) EXECUTE FUNCTION refuse_another_organization()
"""


class TenantModel(models.Model):
    """A row that belongs to one organization."""

    organization = models.ForeignKey("customers.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class OfTenant(Operation):
    """A change of the database that models don't show; runs beside traffic, and can be repeated after an
    interruption.
    """

    reversible = True
    atomic = False
    verb: ClassVar[str]

    def __init__(self, model: str, *fields: str) -> None:
        self.model, self.fields = model, fields

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """The operation, for migrations that Django writes."""
        return type(self).__name__, [self.model, *self.fields], {}

    def describe(self) -> str:
        """What `migrate` prints."""
        return f"{self.verb} {self.model} {' '.join(self.fields)}".strip()

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models don't change."""

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Keep the checks: older versions keep to them too."""

    def related(self, app_label: str, state: Any) -> list[tuple[str, str, str, str]]:
        """Of each foreign key: its table, its column, the parent's table and the parent's key column."""
        model = state.apps.get_model(app_label, self.model)
        keys = [model._meta.get_field(name) for name in self.fields]
        return [(_table(model), key.column, _table(key.related_model), key.target_field.column) for key in keys]


class ParentInOrganization(OfTenant):
    """A unique index of (organization, id) that foreign keys can refer to; it replaces the index of organization."""

    verb = "Let children point to"

    def database_forwards(self, app_label: str, schema_editor: Any, _: Any, to_state: Any) -> None:
        """Create it concurrently, then drop the indexes that are its prefix."""
        table = _table(to_state.apps.get_model(app_label, self.model))
        name = f"{table}_in_organization"
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(IS_INVALID_INDEX, [name])
            if cursor.fetchone():
                cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
            columns = f"{table} (organization_id, id)"
            cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}")
            cursor.execute(LIST_SIMPLE_INDEXES, [table])
            for (index,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX CONCURRENTLY {index}")


class WithinOrganization(OfTenant):
    """Foreign keys that include the organization, in place of Django's; the parents have their index already."""

    verb = "Hold within the organization"

    def database_forwards(self, app_label: str, schema_editor: Any, _: Any, to_state: Any) -> None:
        """Add each as NOT VALID, which is quick, then validate it while others write."""
        with schema_editor.connection.cursor() as cursor:
            for table, column, parent, key in self.related(app_label, to_state):
                name = f"{table}_{column}_within"
                cursor.execute(CONSTRAINT_EXISTS, [table, name])
                if not cursor.fetchone():
                    cursor.execute(
                        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {column})"
                        f" REFERENCES {parent} (organization_id, {key}) DEFERRABLE INITIALLY DEFERRED NOT VALID"
                    )
                cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
                cursor.execute(LIST_SIMPLE_KEYS, [column, table])
                for (simple,) in cursor.fetchall():
                    cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{simple}"')


class WatchedInOrganization(OfTenant):
    """The same by statement-level triggers, for tables where such a key or its parent's index would cost too much.

    They don't check that a parent exists; a further trigger keeps parents in their organization.
    """

    verb = "Watch within the organization"

    def database_forwards(self, app_label: str, schema_editor: Any, _: Any, to_state: Any) -> None:
        """Create the triggers; existing rows are checked by `manage.py verify`."""
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
            cursor.execute(CREATE_CHECK_FUNCTION)
            cursor.execute(CREATE_REFUSE_FUNCTION)
            cursor.execute(CREATE_INSERT_TRIGGER.format(**values))
            cursor.execute(CREATE_UPDATE_TRIGGER.format(**values))
            for _, _, parent, _ in related:
                cursor.execute(CREATE_STAY_TRIGGER.format(table=parent))


def _table(model: Any) -> str:
    return str(model._meta.db_table)
