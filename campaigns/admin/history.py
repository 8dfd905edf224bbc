"""What customers did; read-only."""

from django.contrib import admin

from campaigns.models import DecisionRecord, Event, Interaction, Participation
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin


@admin.register(Event)
class EventAdmin(HistoryAdmin):
    """Events of customers."""

    list_display = ["name", "customer", "at", "event_id"]
    list_filter = [OrganizationFilter]
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
    list_filter = [OrganizationFilter]
    list_select_related = ["campaign", "customer"]


@admin.register(DecisionRecord)
class DecisionRecordAdmin(HistoryAdmin):
    """Decisions with their reasons."""

    list_display = ["customer", "source", "at", "chosen"]
    list_filter = ["source", OrganizationFilter]
    list_select_related = ["customer"]
