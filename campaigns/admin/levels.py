"""The base of the admin pages of all levels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import DecimalField, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models.level import MAXIMUM_NAME, Level
from campaigns.models.spend import SMALLEST_CHARGE
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import ServiceAdmin
from customers.admin.service_form import ServiceForm
from customers.models import Organization

AnyLevel = TypeVar("AnyLevel", bound=Level)


class LevelForm(ServiceForm):
    """A level; errors name a parent as the dialects do."""

    renamed = {"creative_group_id": "creative_group"}


class LevelAdmin(ServiceAdmin[AnyLevel]):
    """Living rows only; a level stays below its parent; deleting is soft. `now` is that of the request."""

    form = LevelForm
    list_filter = ["status", OrganizationFilter]
    search_fields = ["name"]
    readonly_fields = ["created_at", "updated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AnyLevel]:
        """Without deleted rows."""
        return super().get_queryset(request).filter(deleted_at__isnull=True)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Names and prices as the dialects take them."""
        if db_field.name == "name":
            options["max_length"] = MAXIMUM_NAME
        if isinstance(db_field, DecimalField):
            options["min_value"] = SMALLEST_CHARGE
        return super().formfield_for_dbfield(db_field, request, **options)

    def create(self, organization: Organization, values: dict[str, object], request: HttpRequest) -> AnyLevel:
        """Create it by the function that the dialects call."""
        return self.model._default_manager.get(pk=self.create_level(organization, values).pk)

    def change(self, row: AnyLevel, changes: dict[str, object], request: HttpRequest) -> AnyLevel:
        """Update it by the function that the dialects call."""
        self.update_level(row, changes)
        return self.model._default_manager.get(pk=row.pk)

    def remove(self, rows: Sequence[AnyLevel]) -> None:
        """Soft-delete the rows and everything below them."""
        now = timezone.now()
        for level in rows:
            self.delete_level(level, now)

    def create_level(self, organization: Organization, values: dict[str, object]) -> AnyLevel:
        """Call the level's create function."""
        raise NotImplementedError

    def update_level(self, level: AnyLevel, changes: dict[str, object]) -> None:
        """Call the level's update function."""
        raise NotImplementedError

    def delete_level(self, level: AnyLevel, now: datetime) -> None:
        """Call the level's delete function."""
        raise NotImplementedError
