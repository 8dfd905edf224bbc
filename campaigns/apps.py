"""Tells Django about this app."""

from importlib import import_module

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The app `campaigns`."""

    name = "campaigns"

    def ready(self) -> None:
        """Have the ways out declare their kinds of destination, which rows of destinations refer to."""
        import_module("campaigns.delivery.channels.registry")
