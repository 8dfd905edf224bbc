"""New databases begin with squashed migrations (docs/decisions/0094); `tests.upgrade` compares whole schemas."""

from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter

from customers.squashed import CreateTogether

TABLES = ["customers_leaf", "customers_root"]


def test_squashed_migrations_make_the_models_of_those_that_they_replace() -> None:
    squashed = MigrationLoader(None)
    made = squashed.project_state(list(squashed.replacements)).models
    ends = [migration.replaces[-1] for migration in squashed.replacements.values()]
    replaced = MigrationLoader(None, replace_migrations=False).project_state(ends).models
    assert made.keys() == replaced.keys()
    for key, model in replaced.items():
        assert made[key].options == model.options, key
        assert _columns(made[key]) == _columns(model), key


def _columns(model: ModelState) -> list[Any]:
    """The fields as they are written in migrations, in the order of their columns; those of arrays are no equals."""
    return [(name, MigrationWriter.serialize(field)) for name, field in model.fields.items()]


@pytest.mark.django_db
def test_tables_are_made_together_whatever_points_to_what_and_are_dropped_again() -> None:
    number = ("id", models.BigAutoField(primary_key=True))
    leaf = CreateModel("Leaf", [number, ("root", models.ForeignKey("customers.Root", models.CASCADE))])
    operation = CreateTogether([leaf, CreateModel("Root", [number])])
    before = ProjectState()
    assert not before.apps.get_models()
    after = before.clone()
    operation.state_forwards("customers", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("customers", editor, before, after)
    assert set(TABLES) <= set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        assert connection.introspection.get_relations(cursor, TABLES[0]) == {"root_id": ("id", TABLES[1])}
    with connection.schema_editor() as editor:
        operation.database_backwards("customers", editor, after, before)
    assert not set(TABLES) & set(connection.introspection.table_names())
