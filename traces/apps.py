"""Tells Django about this app."""

from django.apps import AppConfig


class TracesConfig(AppConfig):
    """The app `traces`."""

    name = "traces"
