"""Applications; their secrets are shown once, when they are made."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from customers.models import Application
from customers.services.applications import fill_credentials, rotate_secret


@admin.register(Application)
class ApplicationAdmin(admin.ModelAdmin[Application]):
    """The digital properties and what they authenticate with."""

    list_display = ["name", "organization", "api_key", "secret_prefix", "is_active", "created_at"]
    list_filter = ["is_active", "organization"]
    search_fields = ["name", "api_key"]
    readonly_fields = ["api_key", "secret_prefix", "app_token", "created_at"]
    actions = ["give_new_secret"]

    def save_model(self, request: HttpRequest, obj: Application, form: Any, change: bool) -> None:  # noqa: FBT001
        """A new application gets its key and secret here."""
        secret = None if change else fill_credentials(application=obj)
        super().save_model(request, obj, form, change)
        if secret is not None:
            self._show_once(request, obj, secret)

    @admin.action(description="Give a new secret (the old one stops working)")
    def give_new_secret(self, request: HttpRequest, queryset: Any) -> None:
        """Rotate the secret of each chosen application."""
        for application in queryset:
            self._show_once(request, application, rotate_secret(application=application))

    def _show_once(self, request: HttpRequest, application: Application, secret: str) -> None:
        self.message_user(
            request, f"Secret of {application}: {secret} (it can't be shown again).", level=messages.WARNING
        )
