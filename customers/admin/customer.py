"""Customers and their schema."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import JSONField, QuerySet
from django.http import HttpRequest

from customers.admin.strict_json import STRICT
from customers.errors import DomainError
from customers.models import Customer, CustomerAlias, CustomerField, PushToken
from customers.models.schema import check_attributes
from customers.queries.schemas import fields_of
from customers.services.field_uses import told, uses_of
from customers.services.schemas import delete_field, save_field


class CustomerFieldForm(forms.ModelForm[CustomerField]):
    """A field is saved by its service, which says what can't be changed."""

    class Meta:
        model = CustomerField
        fields = ["organization", "name", "type", "required", "unique", "targetable"]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, between cleaning and saving
        if not self.errors:
            try:
                save_field(field=self.instance)
            except DomainError as error:
                for name, sentences in error.fields.items():
                    self.add_error(name, ValidationError(sentences))


@admin.register(CustomerField)
class CustomerFieldAdmin(admin.ModelAdmin[CustomerField]):
    """The schema."""

    form = CustomerFieldForm
    list_display = [
        "name",
        "type",
        "required",
        "unique",
        "unique_since",
        "unique_problem",
        "targetable",
        "organization",
    ]
    list_filter = ["organization", "type"]
    readonly_fields = ["unique_since", "unique_problem"]
    search_fields = ["name"]

    def save_model(self, request: HttpRequest, obj: CustomerField, form: Any, change: bool) -> None:  # noqa: FBT001
        """The form has done it, together with the index that keeps the field's promise."""

    def delete_model(self, request: HttpRequest, obj: CustomerField) -> None:  # noqa: ARG002
        """Take it out of the schema, with its index and its values."""
        delete_field(field=obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], Any]:  # noqa: ARG002
        """What the page asks about; where a field is used stands in the way."""
        protected = [f"{field}: {told(uses)}" for field in objs if (uses := uses_of(field=field))]
        return [str(field) for field in objs], {}, set(), protected

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CustomerField]) -> None:
        """The same for each chosen field."""
        for field in queryset:
            self.delete_model(request, field)


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
        if "attributes" not in cleaned:
            return cleaned
        organization, attributes = cleaned.get("organization"), cleaned["attributes"] or {}
        if not isinstance(attributes, dict):
            self.add_error("attributes", "An object of the schema's fields is expected.")
        elif organization is not None:
            checked = check_attributes(fields_of(organization=organization), attributes)
            for name, sentence in checked.refused.items():
                self.add_error("attributes", f"{name}: {sentence}")
            cleaned["attributes"] = checked.kept
        return cleaned


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin[Customer]):
    """The people who are served."""

    form = CustomerForm
    formfield_overrides = {JSONField: STRICT}
    list_display = ["__str__", "organization", "is_anonymous", "points", "tags", "created_at"]
    list_filter = ["organization", "is_anonymous"]
    search_fields = ["external_id", "uuid"]
    readonly_fields = ["uuid", "created_at", "updated_at"]
    show_full_result_count = False


@admin.register(CustomerAlias)
class CustomerAliasAdmin(admin.ModelAdmin[CustomerAlias]):
    """Ids of customers who were merged into others."""

    list_display = ["external_id", "customer", "created_at"]
    search_fields = ["external_id", "uuid"]
    raw_id_fields = ["customer"]


@admin.register(PushToken)
class PushTokenAdmin(admin.ModelAdmin[PushToken]):
    """Devices that are registered for push messages."""

    list_display = ["customer", "platform", "application", "created_at"]
    search_fields = ["token"]
    raw_id_fields = ["customer"]
