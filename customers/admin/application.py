"""Applications; their secrets are shown once, on the page after creating or rotating them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import ServiceAdmin
from customers.applications.applications import (
    create_application,
    rotate_identity_secret,
    rotate_secret,
    update_application,
)
from customers.models import Application, Organization

log = structlog.get_logger(__name__)
API_SECRET, IDENTITY_SECRET = "API secret", "identity secret"
# The new secrets of each application, by their names.
New = Sequence[tuple[Application, Mapping[str, str]]]


@admin.register(Application)
class ApplicationAdmin(ServiceAdmin[Application]):
    """The digital properties and what they authenticate with."""

    list_display = ["name", "organization", "api_key", "secret_prefix", "is_active", "created_at"]
    list_filter = ["is_active", OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["name", "api_key"]
    readonly_fields = ["api_key", "secret_prefix", "app_token", "created_at"]
    actions = ["give_new_secret", "give_new_identity_secret"]

    def has_delete_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        """Visits, portfolios and creatives refer to it; deactivate it instead."""
        return False

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Application:
        """Create an application with its key and secrets."""
        application, secret = create_application(organization=organization, **values)
        shown = {API_SECRET: secret, IDENTITY_SECRET: application.identity_secret}
        request.new_secrets = [(application, shown)]  # type: ignore[attr-defined]  # for the answer to this request
        return application

    def change(self, row: Application, changes: dict[str, Any], request: HttpRequest) -> Application:
        """Change what is named."""
        return update_application(application=row, **changes)

    def response_add(
        self, request: HttpRequest, obj: Application, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the new secret instead of the usual next page."""
        return self._shown_once(request, request.new_secrets)  # type: ignore[attr-defined]  # create has put it there

    @admin.action(description="Give a new secret (the old one stops working)", permissions=["change"])
    def give_new_secret(self, request: HttpRequest, queryset: object) -> HttpResponse:
        """Rotate the secret of each chosen application."""
        return self._rotated(request, queryset, API_SECRET, rotate_secret)

    @admin.action(
        description="Give a new identity secret (customer-tokens of the old one are wrong)", permissions=["change"]
    )
    def give_new_identity_secret(self, request: HttpRequest, queryset: object) -> HttpResponse:
        """Rotate the identity secret of each chosen application."""
        return self._rotated(request, queryset, IDENTITY_SECRET, rotate_identity_secret)

    def _rotated(self, request: HttpRequest, queryset: Any, what: str, rotate: Callable[..., str]) -> HttpResponse:
        """Give each a new secret; the history and the log say who did it."""
        new = [(application, {what: rotate(application=application)}) for application in queryset.order_by("pk")]
        for application, _ in new:
            self.log_change(request, application, f"Gave a new {what}.")
        ids = [application.pk for application, _ in new]
        who = request.user.pk
        transaction.on_commit(lambda: log.warning("secrets_rotated", what=what, applications=ids, operator=who))
        return self._shown_once(request, new)

    def _shown_once(self, request: HttpRequest, new: New) -> HttpResponse:
        """The page with the secrets: no redirect, so that no cookie carries them, and not cached."""
        context = {
            **self.admin_site.each_context(request),
            "title": "New secret" if len(new) == 1 else "New secrets",
            "opts": self.opts,
            "new": new,
        }
        response = TemplateResponse(request, "admin/customers/new_secrets.html", context)
        response["Cache-Control"] = "no-store"
        return response
