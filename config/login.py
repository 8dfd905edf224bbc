"""Logging in to the admin: failures are counted (django-axes), every attempt is a line in the log.

A locked-out attempt is refused before its password is hashed, because hashing is what costs.
"""

from typing import Any

import structlog
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from customers.addresses import client_address, network_of

log = structlog.get_logger(__name__)
TOO_MANY = 429
LONGEST_NAME = 150


class Attempts(AxesDatabaseHandler):  # type: ignore[misc]  # django-axes has no types
    """Counts failures by name and address, and by address alone."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether the attempt is locked out."""
        return super().is_locked(request, credentials) or _failures_of(request) >= settings.MOST_FAILURES_OF_AN_ADDRESS

    def user_login_failed(
        self, sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: object
    ) -> None:
        """Log a wrong password, or an attempt that was locked out."""
        is_refused = bool(getattr(request, "axes_locked_out", False))
        super().user_login_failed(sender, credentials, request, **kwargs)
        _tell("login_refused" if is_refused else "login_failed", request, name_of(request, credentials))

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        """Log a successful login."""
        super().user_logged_in(sender, request, user, **kwargs)
        _tell("login_succeeded", request, user.get_username())


def _failures_of(request: HttpRequest) -> int:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(ip_address=address_of(request), attempt_time__gte=since)
    return int(attempts.aggregate(Sum("failures_since_start"))["failures_since_start__sum"] or 0)


def _tell(event: str, request: HttpRequest | None, username: object) -> None:
    """Log the name and the address, never the password."""
    line = {"username": username, "address": request and client_address(request.META)}
    (log.info if event == "login_succeeded" else log.warning)(event, **line)


def name_of(_request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The name that was typed in, cut to the length of the longest possible name."""
    return str((credentials or {}).get("username") or "")[:LONGEST_NAME]


def address_of(request: HttpRequest) -> str | None:
    """The client's address, or for IPv6 the first of its network; None if there is none."""
    return network_of(client_address(request.META)) or None


def wait(request: HttpRequest, *_: object) -> HttpResponse:
    """The page for who has failed too often."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    context = {**admin.site.each_context(request), "title": "Too many failed logins", "minutes": seconds // 60}
    response = render(request, "admin/too_many_failed_logins.html", context, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response
