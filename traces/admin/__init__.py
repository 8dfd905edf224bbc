"""The admin of visits: read-only, for clients write them."""

from django.contrib import admin

from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin
from traces.models import Action, Trace, Trail


@admin.register(Trace)
class TraceAdmin(HistoryAdmin):
    """Traces."""

    list_display = ["uuid", "customer", "application", "created_at", "closed_by"]
    list_filter = ["closed_by", OrganizationFilter]
    search_fields = ["uuid"]
    list_select_related = ["customer", "application"]


@admin.register(Trail)
class TrailAdmin(HistoryAdmin):
    """Visits."""

    list_display = ["uuid", "trace", "channel", "platform", "language", "created_at"]
    search_fields = ["uuid", "trace__uuid"]
    list_select_related = ["trace"]


@admin.register(Action)
class ActionAdmin(HistoryAdmin):
    """Activities."""

    list_display = ["name", "type", "trail", "created_at"]
    list_filter = ["type"]
    search_fields = ["uuid", "trail__uuid"]
    list_select_related = ["trail"]
