"""Many tables at once, for squashed migrations: what makes a database from nothing a matter of seconds.

After each `CreateModel` Django renders the new model and all that it is related to, which is nearly all there is.
"""

from collections.abc import Sequence
from typing import Any

from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation


class CreateTogether(Operation):
    """As its operations one by one; models are rendered once, after the last of them."""

    reversible = True

    def __init__(self, operations: Sequence[CreateModel]) -> None:
        self.operations = operations

    def describe(self) -> str:
        """What Django shows."""
        return f"Create the models {', '.join(operation.name for operation in self.operations)}"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Have the state forget what it has rendered, for whoever asks next to render it as it is by then."""
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make the tables; foreign keys come after the last."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the tables."""
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)
