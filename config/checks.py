"""Checks of our own settings for `manage.py check --deploy`."""

from celery import current_app
from django.conf import settings
from django.core import checks


def servers(**_: object) -> list[checks.CheckMessage]:
    """Warnings about settings that are only meant for trying the product out."""
    lacking = {
        "W001": not settings.DATABASE_URL and "DATABASE_URL is not set: the embedded PostgreSQL is for trying out.",
        "W002": not settings.REDIS_URL and "REDIS_URL is not set: worker and beat are one process, on one machine.",
        "W003": not settings.BASE_URL.startswith("https://")
        and "BASE_URL is not https://: the links in mails and pages begin with it.",
        "W004": bool(settings.SECURE_PROXY_SSL_HEADER)
        and not settings.TRUSTED_PROXIES
        and "BEHIND_TLS_PROXY is set and TRUSTED_PROXIES is not: everybody seems to come from the proxy's address.",
    }
    return [checks.Warning(sentence, id=f"config.{number}") for number, sentence in lacking.items() if sentence]


def broker(**_: object) -> list[checks.CheckMessage]:
    """Whether the broker's client library is installed; it is imported only when a message is sent."""
    try:
        current_app.connection_for_write().get_transport_cls()
    except ImportError as error:
        return [checks.Error(f"The broker of REDIS_URL can't be spoken to: {error}.", id="config.E001")]
    return []
