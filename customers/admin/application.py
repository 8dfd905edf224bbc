"""Applications; their secrets are shown once, when they are made."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import ServiceAdmin
from customers.models import Application, Organization
from customers.services.applications import create_application, rotate_secret, update_application


@admin.register(Application)
class ApplicationAdmin(ServiceAdmin[Application]):
    """The digital properties and what they authenticate with."""

    list_display = ["name", "organization", "api_key", "secret_prefix", "is_active", "created_at"]
    list_filter = ["is_active", OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["name", "api_key"]
    readonly_fields = ["api_key", "secret_prefix", "app_token", "created_at"]
    actions = ["give_new_secret"]

    def has_delete_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        """Visits, portfolios and creatives name it; it is switched off instead."""
        return False

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Application:
        """A new application gets its key and secret here."""
        application, secret = create_application(organization=organization, **values)
        self._show_once(request, application, secret)
        return application

    def change(self, row: Application, changes: dict[str, Any], request: HttpRequest) -> Application:
        """Change what is named."""
        return update_application(application=row, changes=changes)

    @admin.action(description="Give a new secret (the old one stops working)", permissions=["change"])
    def give_new_secret(self, request: HttpRequest, queryset: Any) -> None:
        """Rotate the secret of each chosen application."""
        for application in queryset:
            self._show_once(request, application, rotate_secret(application=application))

    def _show_once(self, request: HttpRequest, application: Application, secret: str) -> None:
        self.message_user(
            request, f"Secret of {application}: {secret} (it can't be shown again).", level=messages.WARNING
        )
