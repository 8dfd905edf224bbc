"""Tells Django about this app."""

from django.apps import AppConfig
from django.core.checks import register

from config.celery import app
from config.checks import broker, servers
from config.heartbeats import leave_heartbeats


class ConfigConfig(AppConfig):
    """The app `config`."""

    name = "config"

    def ready(self) -> None:
        """Make our Celery application the default in every thread, and workers and beat send heartbeats.

        Register checks for `check --deploy`.
        """
        app.set_default()
        leave_heartbeats()
        register(servers, deploy=True)
        register(broker, deploy=True)
