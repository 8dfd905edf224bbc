"""Tells Django about this app."""

from django.apps import AppConfig


class MarketingSolutionsConfig(AppConfig):
    """The app `marketing_solutions`."""

    name = "marketing_solutions"
