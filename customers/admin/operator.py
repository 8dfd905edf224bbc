"""The people who work in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from customers.models import Operator

admin.site.site_header = admin.site.site_title = "Campaign platform"


@admin.register(Operator)
class OperatorAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's own user pages."""
