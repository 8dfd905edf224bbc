"""Customers and their schema."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from customers.models import Customer, CustomerField
from customers.models.schema import check_attributes
from customers.queries.schemas import fields_of


class CustomerFieldForm(forms.ModelForm[CustomerField]):
    """A field's type stays what it was: the values that customers have are kept in its form."""

    class Meta:
        model = CustomerField
        fields = ["organization", "name", "type", "required", "unique"]

    def clean_type(self) -> str:
        """Refuse another type for a field that exists."""
        chosen: str = self.cleaned_data["type"]
        if self.instance.pk and chosen != self.instance.type:
            raise ValidationError("The type of a field can't be changed; make a new field.")
        return chosen


@admin.register(CustomerField)
class CustomerFieldAdmin(admin.ModelAdmin[CustomerField]):
    """The schema."""

    form = CustomerFieldForm
    list_display = ["name", "type", "required", "unique", "organization"]
    list_filter = ["organization", "type"]
    search_fields = ["name"]


class CustomerForm(forms.ModelForm[Customer]):
    """Attributes are checked against the organization's schema."""

    class Meta:
        model = Customer
        fields = [
            "organization",
            "external_id",
            "is_anonymous",
            "attributes",
            "tags",
            "points",
            "consent",
            "email_consent",
            "push_consent",
            "last_platform",
            "last_language",
            "last_channel",
        ]

    def clean(self) -> dict[str, Any]:
        """Put every attribute in its kept form, or say what is wrong with it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        organization, attributes = cleaned.get("organization"), cleaned.get("attributes")
        if organization is not None and isinstance(attributes, dict):
            checked = check_attributes(fields_of(organization=organization), attributes)
            for name, sentence in checked.refused.items():
                self.add_error("attributes", f"{name}: {sentence}")
            cleaned["attributes"] = checked.kept
        return cleaned


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin[Customer]):
    """The people who are served."""

    form = CustomerForm
    list_display = ["__str__", "organization", "is_anonymous", "points", "tags", "created_at"]
    list_filter = ["organization", "is_anonymous"]
    search_fields = ["external_id", "uuid"]
    readonly_fields = ["uuid", "created_at", "updated_at"]
    show_full_result_count = False
