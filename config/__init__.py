"""Assembles the product: settings, URLs, processes, and everything that spans all apps."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
