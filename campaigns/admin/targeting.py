"""Targets, and the bundles that hold those of campaigns."""

from collections.abc import Sequence

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from campaigns.hierarchy.single_targets import delete_target, lock_level, save_target
from campaigns.models import AdBundle, AdTarget
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin, ServiceAdmin
from customers.admin.service_form import ServiceForm
from customers.models import Organization


class AdTargetForm(ServiceForm):
    """A target is checked against the customer schema when it is saved, as in every dialect."""

    def clean_values(self) -> object:
        """An empty field means no values."""
        return [] if self.cleaned_data["values"] is None else self.cleaned_data["values"]

    def clean(self) -> dict[str, object]:
        """A new target belongs to a bundle or a group."""
        cleaned = super().clean()
        if self.is_new and (cleaned.get("bundle") is None) == (cleaned.get("creative_group") is None):
            raise ValidationError("A target is a bundle's or a group's.")
        return cleaned


@admin.register(AdTarget)
class AdTargetAdmin(ServiceAdmin[AdTarget]):
    """Single conditions of bundles and groups."""

    form = AdTargetForm
    fields = ["bundle", "creative_group", "position", "attribute", "operator", "values"]
    list_display = ["attribute", "operator", "values", "bundle", "creative_group"]
    list_filter = [OrganizationFilter]
    list_select_related = ["bundle__campaign", "creative_group"]
    autocomplete_fields = ["bundle", "creative_group"]
    fixed = ["bundle", "creative_group"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AdTarget]:
        """Targets of levels that aren't deleted."""
        rows = super().get_queryset(request)
        return rows.filter(bundle__campaign__deleted_at__isnull=True, creative_group__deleted_at__isnull=True)

    def lock(self, row: AdTarget) -> None:
        """The level first, in the order of locks."""
        lock_level(target=row)
        super().lock(row)

    def create(self, organization: Organization, values: dict[str, object], request: HttpRequest) -> AdTarget:
        """Create a target of a level."""
        owner = {name: values.pop(name) for name in ("bundle", "creative_group")}
        return save_target(target=AdTarget(**owner), changes=values)

    def change(self, row: AdTarget, changes: dict[str, object], request: HttpRequest) -> AdTarget:
        """Update the changed fields."""
        return save_target(target=row, changes=changes)

    def remove(self, rows: Sequence[AdTarget]) -> None:
        """Delete targets."""
        for target in rows:
            delete_target(target=target)


@admin.register(AdBundle)
class AdBundleAdmin(HistoryAdmin):
    """Bundles are created with their campaigns; read-only."""

    list_display = ["campaign", "organization"]
    list_filter = [OrganizationFilter]
    list_select_related = ["campaign", "organization"]
    search_fields = ["campaign__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AdBundle]:
        """Bundles of campaigns that aren't deleted."""
        return super().get_queryset(request).filter(campaign__deleted_at__isnull=True)
