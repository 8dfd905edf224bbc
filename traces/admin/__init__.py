"""The admin of visits: to look at, not to write; clients write them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from traces.models import Action, Trace, Trail


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that nobody types in."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Clients add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """What happened, happened."""
        return False


@admin.register(Trace)
class TraceAdmin(ReadOnlyAdmin):
    """Traces."""

    list_display = ["uuid", "customer", "application", "created_at", "closed_by"]
    list_filter = ["closed_by", "organization"]
    search_fields = ["uuid"]
    list_select_related = ["customer", "application"]


@admin.register(Trail)
class TrailAdmin(ReadOnlyAdmin):
    """Visits."""

    list_display = ["uuid", "trace", "channel", "platform", "language", "created_at"]
    search_fields = ["uuid", "trace__uuid"]
    list_select_related = ["trace"]


@admin.register(Action)
class ActionAdmin(ReadOnlyAdmin):
    """Activities."""

    list_display = ["name", "type", "trail", "created_at"]
    list_filter = ["type"]
    search_fields = ["uuid", "trail__uuid"]
    list_select_related = ["trail"]
