"""Migration operations that render models once for many changes, so that creating a database takes seconds.

After each operation Django renders the changed model and all that it is related to, which is nearly all there is.
"""

from collections.abc import Sequence
from typing import Any

from django.db.migrations import CreateModel, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation


class CreateTogether(Operation):
    """The same as its operations one by one, but models are rendered once, after the last."""

    reversible = True

    def __init__(self, operations: Sequence[CreateModel]) -> None:
        self.operations = operations

    def describe(self) -> str:
        """What Django shows."""
        return f"Create the models {', '.join(operation.name for operation in self.operations)}"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Apply every operation to the state."""
        _drop_rendered_models(state)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create the tables; foreign keys follow after the last."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the tables."""
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)


class SeparateTogether(SeparateDatabaseAndState):
    """Like Django's, but models are rendered once, after the last operation on the state."""

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Apply every operation to the state."""
        _drop_rendered_models(state)
        super().state_forwards(app_label, state)


def _drop_rendered_models(state: object) -> None:
    """Drop the state's rendered models, so that they are rendered when needed next."""
    state.__dict__.pop("apps", None)
