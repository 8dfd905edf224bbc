"""Organizations."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from customers.admin.service_admin import ServiceAdmin
from customers.models import Organization
from customers.organizations.organizations import save_organization


@admin.register(Organization)
class OrganizationAdmin(ServiceAdmin[Organization]):
    """The tenants."""

    list_display = ["name", "time_zone", "version", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["version", "created_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """Everything of a tenant depends on it."""
        return False

    def create(self, organization: Organization | None, values: dict[str, Any], request: HttpRequest) -> Organization:
        """A new tenant."""
        return save_organization(organization=Organization(), **values)

    def change(self, row: Organization, changes: dict[str, Any], request: HttpRequest) -> Organization:
        """Change what is named."""
        return save_organization(organization=row, **changes)
