"""Tells Django about this app."""

from django.apps import AppConfig


class FunnelsConfig(AppConfig):
    """The app `funnels`."""

    name = "funnels"
