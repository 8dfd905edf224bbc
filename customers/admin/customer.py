"""Customers and their schema."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin, ServiceAdmin
from customers.admin.service_form import ServiceForm
from customers.customers.deletion import delete_customers
from customers.customers.merging import begin_merge
from customers.customers.records import create_alias, create_customer, update_customer
from customers.models import Customer, CustomerAlias, CustomerField, Organization, PushToken
from customers.models.identifier import as_uuid
from customers.schema.fields import delete_field, save_field
from customers.schema.uses import lock_field, uses_of, uses_sentence

# Deleting takes a fixed number of statements, whatever the number of customers.
MOST_CUSTOMERS = 1_000


@admin.register(CustomerField)
class CustomerFieldAdmin(ServiceAdmin[CustomerField]):
    """The schema. A field's type can't change: customers' values are stored in the form of their type."""

    fields = ["name", "type", "required", "unique", "unique_since", "unique_problem", "targetable"]
    readonly_fields = ["unique_since", "unique_problem"]
    fixed = ["type"]
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
    list_filter = [OrganizationFilter, "type"]
    list_select_related = ["organization"]
    search_fields = ["name"]

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> CustomerField:
        """Create a field; its indexes follow."""
        return save_field(field=CustomerField(organization=organization, **values))

    def change(self, row: CustomerField, changes: dict[str, Any], request: HttpRequest) -> CustomerField:
        """Change what is named."""
        for name, value in changes.items():
            setattr(row, name, value)
        return save_field(field=row)

    def lock(self, row: CustomerField) -> None:
        """Lock the field against those who are about to use it."""
        lock_field(field=row)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], Any]:
        """What the page shows; uses of the field forbid deletion."""
        shown, numbers, lacking, _ = super().get_deleted_objects(objs, request)
        used = [f"{field}: {uses_sentence(uses)}" for field in objs if (uses := uses_of(field=field))]
        return shown, numbers, lacking, used

    def remove(self, rows: Sequence[CustomerField]) -> None:
        """Delete fields and their indexes, and their values in the background."""
        for field in rows:
            delete_field(field=field)


class CustomerForm(ServiceForm):
    """Attributes are checked against the organization's schema, by the service."""

    def clean_attributes(self) -> dict[str, Any]:
        """An object, also where nothing is typed in."""
        attributes = self.cleaned_data["attributes"] or {}
        if not isinstance(attributes, dict):
            raise ValidationError("An object of the schema's fields is expected.")
        return attributes


@admin.register(Customer)
class CustomerAdmin(ServiceAdmin[Customer]):
    """The people who are served. Their points are the sum of the points entries, where operators adjust them."""

    form = CustomerForm
    fields = [
        *("uuid", "external_id", "is_anonymous", "attributes", "tags", "points"),
        *("consent", "email_consent", "push_consent", "last_platform", "last_language", "last_channel"),
        *("created_at", "updated_at"),
    ]
    readonly_fields = [
        *("uuid", "is_anonymous", "points", "last_platform", "last_language", "last_channel"),
        *("created_at", "updated_at"),
    ]
    list_display = ["__str__", "organization", "is_anonymous", "points", "tags", "created_at"]
    list_filter = [OrganizationFilter, "is_anonymous"]
    list_select_related = ["organization"]
    search_fields = ["external_id"]
    search_help_text = "A whole customer id, or a uuid; of merged customers, too."
    most_at_once = MOST_CUSTOMERS

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str) -> Any:
        """Search by whole ids, which indexes serve."""
        rows, doubles = super().get_search_results(request, queryset, "")
        term = search_term.strip()
        if not term:
            return rows, doubles
        found = Q(external_id=term) | Q(pk__in=CustomerAlias.objects.filter(external_id=term).values("customer"))
        identity = as_uuid(term)
        if identity is not None:
            merged = CustomerAlias.objects.filter(uuid=identity).values("customer")
            found |= Q(uuid=identity) | Q(pk__in=merged)
        return rows.filter(found), False

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Customer:
        """A new known customer."""
        return create_customer(organization=organization, **values)

    def change(self, row: Customer, changes: dict[str, Any], request: HttpRequest) -> Customer:
        """Change what is named."""
        return update_customer(customer=row, **changes)

    def lock(self, row: Customer) -> None:
        """Lock the customer, after the advisory lock that merges take first."""
        begin_merge(organization_id=row.organization_id)
        super().lock(row)

    def remove(self, rows: Sequence[Customer]) -> None:
        """Delete customers with everything that belongs to them."""
        by_organization: dict[Organization, list[int]] = {}
        for customer in rows:
            by_organization.setdefault(customer.organization, []).append(customer.pk)
        for organization in sorted(by_organization, key=lambda each: each.pk):
            delete_customers(organization=organization, customer_ids=by_organization[organization])


@admin.register(CustomerAlias)
class CustomerAliasAdmin(ServiceAdmin[CustomerAlias]):
    """Ids of customers who were merged into others, and further ones that operators give."""

    fields = ["external_id", "customer"]
    autocomplete_fields = ["customer"]
    list_display = ["external_id", "customer", "created_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["customer"]
    search_fields = ["=external_id"]

    def has_change_permission(self, request: HttpRequest, obj: CustomerAlias | None = None) -> bool:
        """An alias is never changed, only deleted."""
        return False

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> CustomerAlias:
        """Another id of a customer."""
        customer = Customer.objects.select_for_update(no_key=True).get(pk=values["customer"].pk)
        return create_alias(customer=customer, external_id=values["external_id"])

    def remove(self, rows: Sequence[CustomerAlias]) -> None:
        """Delete the aliases; their ids resolve to nobody then."""
        CustomerAlias.objects.filter(pk__in=[alias.pk for alias in rows]).delete()


@admin.register(PushToken)
class PushTokenAdmin(HistoryAdmin):
    """Devices that are registered for push messages; they do it themselves."""

    list_display = ["customer", "platform", "application", "created_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["customer", "application"]
    search_fields = ["=token"]
