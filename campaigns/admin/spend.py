"""Spend limits and the spend ledger."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models import SpendEntry, SpendLimit, SpendTotal
from campaigns.spend.ledger import book_correction
from campaigns.spend.limits import set_spend_limit
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin, ServiceAdmin
from customers.models import Organization


@admin.register(SpendLimit)
class SpendLimitAdmin(ServiceAdmin[SpendLimit]):
    """Caps; a campaign without one is uncapped."""

    fields = ["campaign", "type", "renewal", "amount", "takes_effect_on", "renewal_before", "amount_before"]
    list_display = ["campaign", "type", "renewal", "amount", "takes_effect_on"]
    list_filter = ["type", "renewal", OrganizationFilter]
    list_select_related = ["campaign"]
    search_fields = ["campaign__name"]
    autocomplete_fields = ["campaign"]
    readonly_fields = ["takes_effect_on", "renewal_before", "amount_before"]
    fixed = ["campaign"]

    def has_delete_permission(self, request: HttpRequest, obj: SpendLimit | None = None) -> bool:
        """Set the type uncapped to remove a cap; the row stays, as bookings lock it."""
        return False

    def create(self, organization: Organization, values: dict[str, object], request: HttpRequest) -> SpendLimit:
        """The first limit of a campaign."""
        return self._set(SpendLimit(organization=organization, **values), request)

    def change(self, row: SpendLimit, changes: dict[str, object], request: HttpRequest) -> SpendLimit:
        """Another limit of the campaign."""
        for name, value in changes.items():
            setattr(row, name, value)
        return self._set(row, request)

    def _set(self, wanted: SpendLimit, request: HttpRequest) -> SpendLimit:
        """Set the limit as the dialect does, with a warning if it takes effect later."""
        kept = set_spend_limit(
            organization=wanted.organization, campaign_id=wanted.campaign_id, limit=wanted.limit, now=timezone.now()
        )
        if kept.takes_effect_on:
            sentence = f"More than that is already spent: it takes effect on {kept.takes_effect_on}."
            self.message_user(request, sentence, level=messages.WARNING)
        return kept


@admin.register(SpendEntry)
class SpendEntryAdmin(ServiceAdmin[SpendEntry]):
    """The ledger: entries are viewed, and corrections are added; nothing is changed or deleted."""

    list_display = ["campaign", "amount", "at", "is_correction", "note", "created_at"]
    list_filter = ["is_correction", OrganizationFilter]
    list_select_related = ["campaign"]
    search_fields = ["campaign__name", "idempotency_key"]
    autocomplete_fields = ["campaign"]

    def get_fields(self, request: HttpRequest, obj: SpendEntry | None = None) -> Any:
        """The fields of a correction."""
        corrected = ["campaign", "amount", "at", "note"]
        return corrected if obj is None else [*corrected, "idempotency_key", "is_correction", "created_at"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The time of a correction is now by default."""
        return {"at": timezone.now(), **super().get_changeform_initial_data(request)}

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> SpendEntry:
        """Book the correction."""
        return book_correction(organization=organization, **values)

    def has_change_permission(self, request: HttpRequest, obj: SpendEntry | None = None) -> bool:
        """Entries are never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SpendEntry | None = None) -> bool:
        """Entries are never deleted."""
        return False


@admin.register(SpendTotal)
class SpendTotalAdmin(HistoryAdmin):
    """Sums of the ledger; read-only."""

    list_display = ["campaign", "period", "starts_on", "amount"]
    list_filter = ["period", OrganizationFilter]
    list_select_related = ["campaign"]
    search_fields = ["campaign__name"]
