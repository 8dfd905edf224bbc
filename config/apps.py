"""Tells Django about this app."""

from django.apps import AppConfig

from config.heartbeats import leave_heartbeats


class ConfigConfig(AppConfig):
    """The app `config`."""

    name = "config"

    def ready(self) -> None:
        """Whatever command runs them, workers and beat are heard."""
        leave_heartbeats()
