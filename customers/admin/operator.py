"""The people who work in the admin, and the groups that say what they may do."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from customers.admin.service_admin import ServiceAdmin
from customers.admin.service_form import ServiceForm
from customers.models import Operator

admin.site.site_header = admin.site.site_title = "Campaign platform"
admin.site.unregister(Group)
# Fields that grant permissions; only a superuser may change them.
POWERS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")


class OperatorForm(ServiceForm, UserChangeForm):  # type: ignore[type-arg]  # Django's form is generic in the stubs alone
    """An operator; the password has a form of its own."""


class NewOperatorForm(ServiceForm, AdminUserCreationForm):  # type: ignore[type-arg]  # Django's form is generic in the stubs alone
    """A new operator with a password."""


class PeopleAdmin(ServiceAdmin[Any]):
    """Rows without an organization, with many-to-many fields."""

    def save(self, row: models.Model, values: dict[str, Any]) -> models.Model:
        """Save the given columns, then the given many-to-many fields."""
        lists = {field.name for field in row._meta.many_to_many}
        columns = [name for name in values if name not in lists]
        for name in columns:
            setattr(row, name, values[name])
        row.save(update_fields=None if row._state.adding else columns)
        for name in lists & values.keys():
            getattr(row, name).set(values[name])
        return row

    def change(self, row: Any, changes: dict[str, Any], request: HttpRequest) -> Any:
        """Change what is named."""
        return self.save(row, changes)

    def remove(self, rows: Sequence[Any]) -> None:
        """Delete them and their many-to-many rows."""
        for row in rows:
            row.delete()


@admin.register(Operator)
class OperatorAdmin(PeopleAdmin, UserAdmin):  # type: ignore[type-arg]  # Django's class is generic in the stubs alone
    """Django's user pages. Only superusers grant permissions; nobody changes, or sets the password of, a user with
    more.
    """

    form = OperatorForm
    add_form = NewOperatorForm
    readonly_fields = ["last_login", "date_joined"]

    def create(self, organization: object, values: dict[str, Any], request: HttpRequest) -> Operator:
        """A new operator, with the password that was typed in twice."""
        operator = Operator(username=values["username"])
        if values.get("usable_password") == "false":
            operator.set_unusable_password()
        else:
            operator.set_password(values["password1"])
        operator.save()
        return operator

    def change(self, row: Any, changes: dict[str, Any], request: HttpRequest) -> Any:
        """Change what is named; the password is no part of the form."""
        return super().change(row, {name: value for name, value in changes.items() if name != "password"}, request)

    def get_readonly_fields(self, request: HttpRequest, obj: Operator | None = None) -> list[str]:
        """Permissions are read-only except for superusers."""
        fields = super().get_readonly_fields(request, obj)
        return fields if _may_all(request) else [*fields, *POWERS]

    def has_change_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        """Whoever sets a password can log in with it, so the user must not have more permissions than they."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (_may_all(request) or obj is None or not _may_more(obj, request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        """One at a time, and no user with more permissions."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (_may_all(request) or (obj is not None and not _may_more(obj, request.user)))


class GroupForm(ServiceForm):
    """A group and its permissions."""

    class Meta:
        model = Group
        fields: Sequence[str] = ["name", "permissions"]


@admin.register(Group)
class GroupAdmin(PeopleAdmin, DjangoGroupAdmin):
    """Permissions of groups, which only superusers change."""

    form = GroupForm

    def create(self, organization: object, values: dict[str, Any], request: HttpRequest) -> Any:
        """A new group."""
        return self.save(Group(), values)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only superusers may add groups."""
        return super().has_add_permission(request) and _may_all(request)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Only superusers may change groups."""
        return super().has_change_permission(request, obj) and _may_all(request)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Only superusers may delete groups."""
        return super().has_delete_permission(request, obj) and _may_all(request)


def _may_all(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_more(operator: Operator, than: Any) -> bool:
    """Whether an operator, active or not, has a permission that another lacks."""
    if operator.is_superuser:
        return True
    theirs = Permission.objects.filter(Q(user=operator) | Q(group__user=operator)).select_related("content_type")
    return any(not than.has_perm(f"{right.content_type.app_label}.{right.codename}") for right in theirs)
