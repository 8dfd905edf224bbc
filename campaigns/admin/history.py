"""What customers did: to look at, not to write."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaigns.models import DecisionRecord, Event, Interaction, Participation


class HistoryAdmin(admin.ModelAdmin[Any]):
    """Rows that nobody types in; the other apps' pages of such rows are of this kind, too."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Clients add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """What happened, happened."""
        return False


@admin.register(Event)
class EventAdmin(HistoryAdmin):
    """Events of customers."""

    list_display = ["name", "customer", "at", "event_id"]
    list_filter = ["organization"]
    search_fields = ["name", "event_id"]
    list_select_related = ["customer"]


@admin.register(Interaction)
class InteractionAdmin(HistoryAdmin):
    """Tracking tokens."""

    list_display = ["token", "campaign", "customer", "created_at"]
    search_fields = ["token"]
    list_select_related = ["campaign", "customer"]


@admin.register(Participation)
class ParticipationAdmin(HistoryAdmin):
    """Customers in campaigns."""

    list_display = ["customer", "campaign", "seen_count", "dismissed_at", "converted_at", "completed_at"]
    list_filter = ["organization"]
    list_select_related = ["campaign", "customer"]


@admin.register(DecisionRecord)
class DecisionRecordAdmin(HistoryAdmin):
    """Decisions with their reasons."""

    list_display = ["customer", "source", "at", "chosen"]
    list_filter = ["source", "organization"]
    list_select_related = ["customer"]
