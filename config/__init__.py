"""Assembles the product: settings, URLs, processes, and what spans every app."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
