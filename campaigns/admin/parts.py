"""Targeting."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import JSONField, QuerySet
from django.http import HttpRequest

from campaigns.models import AdBundle, AdTarget
from campaigns.targeting import parse_targets
from customers.admin.strict_json import STRICT
from customers.errors import DomainError
from customers.queries.schemas import hold_schema
from customers.services.organizations import raise_version


class AdTargetForm(forms.ModelForm[AdTarget]):
    """A target is checked against the customer schema, as it is in every dialect."""

    class Meta:
        model = AdTarget
        fields = ["bundle", "group", "position", "attribute", "operator", "values"]

    def clean(self) -> dict[str, Any]:
        """Put the values in their kept form, or say what is wrong with them."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "values" in cleaned and cleaned["values"] is None:
            cleaned["values"] = []
        owner = cleaned.get("bundle") or cleaned.get("group")
        target = {name: cleaned.get(name) for name in ("attribute", "operator", "values")}
        if owner is None or None in target.values():
            return cleaned
        try:
            (condition,) = parse_targets([target], hold_schema(organization=owner.organization))
        except DomainError as error:
            self.add_error(None, [sentence for sentences in error.fields.values() for sentence in sentences])
        else:
            cleaned.update(condition.as_target())
            self.instance.organization = owner.organization
        return cleaned


@admin.register(AdTarget)
class AdTargetAdmin(admin.ModelAdmin[AdTarget]):
    """Single conditions of bundles and groups."""

    form = AdTargetForm
    formfield_overrides = {JSONField: STRICT}
    list_display = ["attribute", "operator", "values", "bundle", "group"]
    autocomplete_fields = ["bundle", "group"]

    def save_model(self, request: HttpRequest, obj: AdTarget, form: Any, change: bool) -> None:  # noqa: FBT001
        """Save, and raise the organization's version in the same transaction."""
        super().save_model(request, obj, form, change)
        raise_version(organization=obj.organization)

    def delete_model(self, request: HttpRequest, obj: AdTarget) -> None:
        """Delete, and raise the organization's version in the same transaction."""
        super().delete_model(request, obj)
        raise_version(organization=obj.organization)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AdTarget]) -> None:
        """The same for each chosen target."""
        for target in queryset:
            self.delete_model(request, target)


@admin.register(AdBundle)
class AdBundleAdmin(admin.ModelAdmin[AdBundle]):
    """Bundles are made with their campaigns; here they are only looked at."""

    list_display = ["campaign", "organization"]
    search_fields = ["campaign__name"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """A campaign brings its own bundle."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AdBundle | None = None) -> bool:  # noqa: ARG002
        """There is nothing of its own to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AdBundle | None = None) -> bool:  # noqa: ARG002
        """A campaign always has its bundle."""
        return False
