"""Has the workers under test hand over to `tests.faults.providers`."""

from importlib import import_module

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    """The app that stands for the world outside."""

    name = "tests.faults"

    def ready(self) -> None:
        """The providers need models, which are there only now."""
        import_module("tests.faults.providers").register()
