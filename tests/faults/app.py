"""Has the workers under test hand over to `tests.faults.providers`, and get every message of the broker twice."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig

from config.celery import app


class FaultsConfig(AppConfig):
    """The app that stands for the world outside."""

    name = "tests.faults"

    def ready(self) -> None:
        """The providers need models, which are there only now."""
        import_module("tests.faults.providers").register()
        send: Any = app.send_task

        def send_twice(*arguments: Any, **options: Any) -> Any:
            send(*arguments, **options)
            return send(*arguments, **options)

        app.send_task = send_twice
