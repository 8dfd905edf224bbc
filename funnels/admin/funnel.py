"""The admin of funnels: steps and look are saved together, by the service that checks them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from campaigns.admin.history import HistoryAdmin
from campaigns.models import AdCampaign
from customers.admin.strict_json import StrictDecoder
from customers.errors import DomainError
from customers.queries.schemas import get_field_types
from customers.services.organizations import raise_version
from funnels.models import Funnel, FunnelEntry
from funnels.services.funnels import check_funnel, save_funnel

LOOK = ("style", "landing_page", "allow_dismiss", "always_use_landing", "show_progress_bar", "new_window")


class FunnelForm(forms.ModelForm[Funnel]):
    """A funnel with its steps as JSON; what is wrong with them stands beside them."""

    steps = forms.JSONField(
        decoder=StrictDecoder,
        widget=forms.Textarea(attrs={"rows": 30, "cols": 100, "spellcheck": "false"}),
        help_text="A list of steps, the first one the start; docs/dialects/trace-funnels.md describes them. "
        "Customers on the way keep the steps they entered.",
    )

    class Meta:
        model = Funnel
        fields = ["campaign", *LOOK]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["steps"].initial = self.instance.version.definition["steps"]

    def clean(self) -> dict[str, Any]:
        """Check the steps against the schema of the campaign's organization."""
        cleaned: dict[str, Any] = super().clean() or {}
        campaign: AdCampaign | None = self.instance.campaign if self.instance.pk else cleaned.get("campaign")
        if campaign is None or self.errors:
            return cleaned
        look = {name: cleaned[name] for name in LOOK}
        try:
            check_funnel(cleaned["steps"], get_field_types(organization=campaign.organization), look)
        except DomainError as error:
            for name, sentences in error.fields.items():
                self.add_error(name, ValidationError(sentences))
        return cleaned


@admin.register(Funnel)
class FunnelAdmin(admin.ModelAdmin[Funnel]):
    """Funnels of campaigns."""

    form = FunnelForm
    list_display = ["campaign", "organization", "version", "updated_at"]
    list_select_related = ["campaign", "organization", "version"]
    list_filter = ["organization"]
    search_fields = ["campaign__name"]
    autocomplete_fields = ["campaign"]

    def get_readonly_fields(self, request: HttpRequest, obj: Funnel | None = None) -> list[str]:  # noqa: ARG002
        """A funnel stays with its campaign."""
        return ["campaign"] if obj else []

    def save_model(self, request: HttpRequest, obj: Funnel, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Save through the service, which sanitises, versions and raises the stamp."""
        look = {name: form.cleaned_data[name] for name in LOOK}
        campaign = obj.campaign
        saved = save_funnel(
            organization=campaign.organization,
            campaign_id=campaign.pk,
            steps=form.cleaned_data["steps"],
            look=look,
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Funnel) -> None:
        """Delete, and raise the organization's version in the same transaction."""
        super().delete_model(request, obj)
        raise_version(organization=obj.organization)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Funnel]) -> None:
        """The same for each chosen funnel."""
        for funnel in queryset:
            self.delete_model(request, funnel)


@admin.register(FunnelEntry)
class FunnelEntryAdmin(HistoryAdmin):
    """Who is on the way: to look at, or to let begin anew by deleting."""

    list_display = ["customer", "campaign", "step", "is_finished", "entered_at", "moved_at"]
    list_select_related = ["customer", "campaign"]
    list_filter = ["organization", "is_finished"]
    search_fields = ["customer__external_id", "campaign__name"]
