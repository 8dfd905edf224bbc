"""Tells Django about this app."""

from django.apps import AppConfig
from django.core.checks import register

from config.checks import broker, servers
from config.heartbeats import leave_heartbeats


class ConfigConfig(AppConfig):
    """The app `config`."""

    name = "config"

    def ready(self) -> None:
        """Make workers and beat send heartbeats, whatever command runs them; register checks for `check --deploy`."""
        leave_heartbeats()
        register(servers, deploy=True)
        register(broker, deploy=True)
