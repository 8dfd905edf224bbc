"""Tells Django about this app."""

from django.apps import AppConfig
from django.core.checks import register

from config.checks import broker, servers
from config.heartbeats import leave_heartbeats


class ConfigConfig(AppConfig):
    """The app `config`."""

    name = "config"

    def ready(self) -> None:
        """Whatever command runs them, workers and beat are heard; and `check --deploy` knows our settings."""
        leave_heartbeats()
        register(servers, deploy=True)
        register(broker, deploy=True)
