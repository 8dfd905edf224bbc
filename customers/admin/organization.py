"""Organizations."""

from django.contrib import admin

from customers.models import Organization


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin[Organization]):
    """The tenants."""

    list_display = ["name", "time_zone", "version", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["version", "created_at"]
