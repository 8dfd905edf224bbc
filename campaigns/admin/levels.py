"""What the admin pages of all levels share."""

from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models.level import Level, Status
from campaigns.services.audience_jobs import synchronise_jobs
from customers.services.organizations import raise_version

AnyLevel = TypeVar("AnyLevel", bound=Level)


class LevelForm(forms.ModelForm[Any]):
    """What is completed stays completed; constraints of the database speak as errors of the form."""

    def clean_status(self) -> str:
        """Refuse a way out of `completed`."""
        chosen: str = self.cleaned_data["status"]
        if self.instance.pk and self.initial.get("status") == Status.COMPLETED != chosen:
            raise ValidationError("What is completed stays completed.")
        return chosen


class LevelAdmin(admin.ModelAdmin[AnyLevel]):
    """Living rows only; a row belongs to its parent's organization; deleting is soft."""

    form = LevelForm
    list_filter = ["status", "organization"]
    search_fields = ["name"]
    readonly_fields = ["created_at", "updated_at"]
    show_full_result_count = False
    parent = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[AnyLevel]:
        """What is deleted is gone from here too."""
        return super().get_queryset(request).filter(deleted_at__isnull=True).select_related("organization")

    def save_model(self, request: HttpRequest, obj: AnyLevel, form: Any, change: bool) -> None:  # noqa: FBT001
        """Save, and raise the organization's version in the same transaction."""
        if self.parent:
            obj.organization = getattr(obj, self.parent).organization
        super().save_model(request, obj, form, change)
        raise_version(organization=obj.organization)
        synchronise_jobs(organization=obj.organization, level=obj)

    def delete_model(self, request: HttpRequest, obj: AnyLevel) -> None:  # noqa: ARG002
        """Take the row and everything below it out of every read."""
        self.soft_delete(obj, timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AnyLevel]) -> None:
        """The same for each chosen row."""
        for level in queryset:
            self.delete_model(request, level)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], Any]:  # noqa: ARG002
        """What the page asks about: nothing leaves the database, so nothing is in the way."""
        return [str(level) for level in objs], {}, set(), []

    def soft_delete(self, level: AnyLevel, now: Any) -> None:
        """Call the level's delete service."""
        raise NotImplementedError
