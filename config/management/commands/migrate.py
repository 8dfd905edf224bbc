"""`python manage.py migrate`: Django's own, but one process at a time and without timeouts.

So migrations behave the same in compose.yaml, in `serve` and by hand: they wait for locks as long as it takes.
"""

from django.core.management.commands.migrate import Command as DjangosCommand

from config.schema_state import alone_with_the_schema


class Command(DjangosCommand):
    """Applies migrations."""

    def handle(self, *arguments: object, **options: object) -> None:
        """As Django does."""
        with alone_with_the_schema():
            super().handle(*arguments, **options)
