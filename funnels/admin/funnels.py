"""The admin of funnels: steps and look are saved together, by the service that checks them."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join

from campaigns.hierarchy.campaigns import lock_campaign
from customers.admin.choices import OrganizationFilter
from customers.admin.json_fields import StrictDecoder
from customers.admin.service_admin import HistoryAdmin, ServiceAdmin
from customers.admin.service_form import ServiceForm
from customers.models import Organization
from funnels.funnels.definitions import delete_funnel, restart_funnel, save_funnel
from funnels.funnels.lookup import find_customers_sharing_value
from funnels.models import Funnel, FunnelEntry

LOOK = ("style", "landing_page", "allow_dismiss", "always_use_landing", "show_progress_bar", "new_window")


class FunnelForm(ServiceForm):
    """A funnel with its steps as JSON; their errors are shown beside the field."""

    steps = forms.JSONField(
        decoder=StrictDecoder,
        widget=forms.Textarea(attrs={"rows": 30, "cols": 100, "spellcheck": "false"}),
        help_text="A list of steps, the first one the start; docs/dialects/trace-funnels.md describes them. "
        "Customers on the way keep the steps they entered.",
    )

    class Meta:
        model = Funnel
        fields: Sequence[str] = ["campaign", "steps", *LOOK]

    def __init__(self, *args: Any, **options: Any) -> None:
        funnel = options.get("instance")
        if funnel is not None and funnel.pk:
            options["initial"] = {"steps": funnel.version.definition["steps"], **(options.get("initial") or {})}
        super().__init__(*args, **options)


@admin.register(Funnel)
class FunnelAdmin(ServiceAdmin[Funnel]):
    """Funnels of living campaigns; each stays with its campaign."""

    form = FunnelForm
    fields = list(FunnelForm.Meta.fields)
    list_display = ["campaign", "organization", "version", "updated_at"]
    list_select_related = ["campaign", "organization", "version"]
    list_filter = [OrganizationFilter]
    search_fields = ["campaign__name"]
    autocomplete_fields = ["campaign"]
    fixed = ["campaign"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Funnel]:
        """Without those of deleted campaigns."""
        return super().get_queryset(request).filter(campaign__deleted_at__isnull=True)

    def steps(self, funnel: Funnel) -> str:
        """What operators without the permission to change see in place of the field."""
        return json.dumps(funnel.version.definition["steps"], indent=1, ensure_ascii=False)

    def lock(self, row: Funnel) -> None:
        """The campaign, as the service does."""
        lock_campaign(organization=row.organization, campaign_id=row.campaign_id)

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Funnel:
        """The first funnel of a campaign."""
        look = {name: values[name] for name in LOOK}
        return save_funnel(
            organization=organization, campaign_id=values["campaign"].pk, steps=values["steps"], look=look
        )

    def change(self, row: Funnel, changes: dict[str, Any], request: HttpRequest) -> Funnel:
        """Save through `save_funnel`, which sanitises, versions and bumps the version stamp."""
        look = {name: value for name, value in changes.items() if name in LOOK}
        steps = changes.get("steps", row.version.definition["steps"])
        return save_funnel(organization=row.organization, campaign_id=row.campaign_id, steps=steps, look=look)

    def remove(self, rows: Sequence[Funnel]) -> None:
        """Delete the funnels."""
        for funnel in rows:
            delete_funnel(funnel=funnel)


class SharedFilter(admin.SimpleListFilter):
    """Customers who have given a value that another customer has."""

    title = "perhaps one person with another"
    parameter_name = "shared"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one choice beside all."""
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FunnelEntry]) -> QuerySet[FunnelEntry]:
        """Entries with a field whose value another customer has."""
        return queryset.exclude(shared_fields=[]) if self.value() == "yes" else queryset


@admin.register(FunnelEntry)
class FunnelEntryAdmin(ServiceAdmin[FunnelEntry]):
    """Customers' entries in funnels: read-only, but deleted so that a customer begins again."""

    list_display = ["customer", "campaign", "step", "is_finished", "entered_at", "moved_at", "perhaps_also"]
    list_select_related = ["customer", "campaign"]
    list_filter = [OrganizationFilter, "is_finished", SharedFilter]
    readonly_fields = ["perhaps_also"]
    search_fields = ["=customer__external_id", "campaign__name"]

    @admin.display(description="perhaps one person with")
    def perhaps_also(self, entry: FunnelEntry) -> str:
        """Links to the customers who have a value that this one has given, too."""
        address = "admin:customers_customer_change"
        others = [
            (name, customer)
            for name in entry.shared_fields
            for customer in find_customers_sharing_value(entry=entry, name=name)
        ]
        return format_html_join(
            ", ",
            '<a href="{}">{}</a> ({})',
            ((reverse(address, args=[customer.pk]), customer, name) for name, customer in others),
        )

    has_add_permission = HistoryAdmin.has_add_permission
    has_change_permission = HistoryAdmin.has_change_permission

    def remove(self, rows: Sequence[FunnelEntry]) -> None:
        """Delete the entries, so that the customers begin again."""
        for entry in rows:
            restart_funnel(
                organization=entry.organization, customer_id=entry.customer_id, campaign_id=entry.campaign_id
            )
