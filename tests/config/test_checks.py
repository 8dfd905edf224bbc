"""`check --deploy` says which of our own settings production lacks, and whether its broker can be spoken to."""

import sys

import pytest
from celery import Celery
from django.core.checks import run_checks
from pytest_django import Settings

from config.celery import app as product

OURS = ("config.W001", "config.W002", "config.W003", "config.E001")


def found() -> list[str]:
    """The ids of what our own checks say."""
    return sorted(message.id for message in run_checks(include_deployment_checks=True) if message.id in OURS)


def test_what_is_missing_is_said(settings: Settings) -> None:
    settings.DATABASE_URL, settings.REDIS_URL = "postgresql://host/campaigns", "redis://host"
    settings.BASE_URL = "https://campaigns.example.org"
    assert found() == []
    settings.DATABASE_URL, settings.REDIS_URL, settings.BASE_URL = "", "", "http://campaigns.example.org"
    assert found() == ["config.W001", "config.W002", "config.W003"]


def test_a_broker_whose_client_is_not_installed_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATABASE_URL, settings.REDIS_URL = "postgresql://host/campaigns", "redis://host"
    settings.BASE_URL = "https://campaigns.example.org"
    monkeypatch.setitem(sys.modules, "pymongo", None)
    app = Celery("checked", broker="mongodb://host", set_as_current=False)
    app.set_current()
    try:
        assert found() == ["config.E001"]
    finally:
        product.set_current()
        app.close()
