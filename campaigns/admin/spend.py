"""What campaigns may spend and have spent."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from campaigns.admin.history import HistoryAdmin
from campaigns.models import SpendEntry, SpendLimit, SpendTotal
from campaigns.models.spend_limit import Renewal, problem_of_limit
from campaigns.queries.spend import get_spent
from campaigns.services.spend import book_correction
from campaigns.services.spend_limits import set_spend_limit
from customers.errors import DomainError


class SpendLimitForm(forms.ModelForm[SpendLimit]):
    """A limit is checked as in every dialect."""

    class Meta:
        model = SpendLimit
        fields = ["campaign", "type", "renewal", "amount"]

    def clean(self) -> dict[str, Any]:
        """Say what doesn't go together, and refuse a lifetime limit below what is spent."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.type, self.instance.renewal = cleaned.get("type", ""), cleaned.get("renewal", "")
        self.instance.amount = cleaned.get("amount")
        problem = problem_of_limit(self.instance.limit)
        if problem:
            self.add_error(problem[0] if problem[0] in cleaned else None, problem[1])
        elif self._is_below_lifetime_spent(cleaned):
            self.add_error("amount", "A lifetime limit can't be less than what is already spent.")
        return cleaned

    def _is_below_lifetime_spent(self, cleaned: dict[str, Any]) -> bool:
        campaign = self.instance.campaign if self.instance.pk else cleaned.get("campaign")
        if campaign is None or cleaned["renewal"] != Renewal.LIFETIME:
            return False
        spent = get_spent(organization=campaign.organization, campaign=campaign, period="lifetime", at=timezone.now())
        return bool(cleaned["amount"] < spent)


@admin.register(SpendLimit)
class SpendLimitAdmin(admin.ModelAdmin[SpendLimit]):
    """Caps; a campaign without one is uncapped."""

    form = SpendLimitForm
    list_display = ["campaign", "type", "renewal", "amount", "takes_effect_on"]
    list_filter = ["type", "renewal", "organization"]
    search_fields = ["campaign__name"]
    autocomplete_fields = ["campaign"]
    readonly_fields = ["takes_effect_on", "renewal_before", "amount_before"]

    def get_readonly_fields(self, request: HttpRequest, obj: SpendLimit | None = None) -> list[str]:
        """A limit stays with its campaign."""
        fields = [str(name) for name in super().get_readonly_fields(request, obj)]
        return [*fields, "campaign"] if obj else fields

    def has_delete_permission(self, request: HttpRequest, obj: SpendLimit | None = None) -> bool:  # noqa: ARG002
        """Whoever wants no cap sets the type uncapped; the row is what spending locks."""
        return False

    def save_model(self, request: HttpRequest, obj: SpendLimit, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Set the limit as the dialect does, and say when it takes effect only later."""
        kept = set_spend_limit(
            organization=obj.campaign.organization, campaign_id=obj.campaign_id, limit=obj.limit, now=timezone.now()
        )
        obj.pk, obj.organization = kept.pk, kept.organization
        if kept.takes_effect_on:
            self.message_user(
                request,
                f"More than that is already spent: it takes effect on {kept.takes_effect_on}.",
                level=messages.WARNING,
            )


class CorrectionForm(forms.ModelForm[SpendEntry]):
    """What an operator books: a correction of charges."""

    class Meta:
        model = SpendEntry
        fields = ["campaign", "amount", "at", "note"]


@admin.register(SpendEntry)
class SpendEntryAdmin(admin.ModelAdmin[SpendEntry]):
    """The ledger: entries are looked at, and corrections are added; nothing is changed or deleted."""

    form = CorrectionForm
    list_display = ["campaign", "amount", "at", "is_correction", "note", "created_at"]
    list_filter = ["is_correction", "organization"]
    search_fields = ["campaign__name", "idempotency_key"]
    autocomplete_fields = ["campaign"]
    show_full_result_count = False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A correction is of now, unless the operator says otherwise."""
        return {"at": timezone.now(), **super().get_changeform_initial_data(request)}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> SpendEntry:  # noqa: FBT001
        """The entry to be booked."""
        entry: SpendEntry = super().save_form(request, form, change)
        entry.is_correction = True
        return entry

    def save_model(self, request: HttpRequest, obj: SpendEntry, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Book the correction, or say why it can't be."""
        try:
            entry = book_correction(
                organization=obj.campaign.organization,
                campaign=obj.campaign,
                amount=obj.amount,
                at=obj.at,
                note=obj.note,
            )
        except DomainError as error:
            sentences = [sentence for field in error.fields.values() for sentence in field] or [error.message]
            self.message_user(request, " ".join(sentences), level=messages.ERROR)
            return
        obj.pk = entry.pk

    def log_addition(self, request: HttpRequest, obj: SpendEntry, message: Any) -> Any:
        """Nothing is logged for what was not booked."""
        return super().log_addition(request, obj, message) if obj.pk else None

    def response_add(self, request: HttpRequest, obj: SpendEntry, post_url_continue: Any = None) -> Any:
        """What was not booked has no page of its own."""
        return (
            super().response_add(request, obj, post_url_continue)
            if obj.pk
            else self.response_post_save_add(request, obj)
        )

    def has_change_permission(self, request: HttpRequest, obj: SpendEntry | None = None) -> bool:  # noqa: ARG002
        """Entries are never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SpendEntry | None = None) -> bool:  # noqa: ARG002
        """Entries are never deleted."""
        return False


@admin.register(SpendTotal)
class SpendTotalAdmin(HistoryAdmin):
    """Sums of the ledger; here they are only looked at."""

    list_display = ["campaign", "period", "starts_on", "amount"]
    list_filter = ["period", "organization"]
    search_fields = ["campaign__name"]

    def has_delete_permission(self, request: HttpRequest, obj: SpendTotal | None = None) -> bool:  # noqa: ARG002
        """The ledger keeps them."""
        return False
