"""What all pages of the admin share: services write, rows stay in their organization, lists are bounded."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import JSONField, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from customers.admin.choices import ORGANIZATION, BoundedPaginator, OwnChoice
from customers.admin.json_fields import STRICT
from customers.admin.kept_form import SEEN, KeptForm
from customers.errors import DomainError, ErrorKind
from customers.models import Organization
from customers.models.identifier import as_id

# How many rows one action may be taken on, where each is a service's call of its own: a page of the list.
A_PAGE = 100
MOST_SHOWN = 200

Row = TypeVar("Row", bound=Model)


class BoundedAdmin(admin.ModelAdmin[Row]):
    """Lists that are counted only so far, actions on so many rows at once, none without a permission."""

    paginator = BoundedPaginator
    show_full_result_count = False
    most_at_once = A_PAGE

    def get_ordering(self, request: HttpRequest) -> Any:
        """Rows without an order of their own, newest first: pages of a choice must not overlap."""
        return super().get_ordering(request) or self.opts.ordering or ["-pk"]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Row], search_term: str) -> Any:
        """Of one organization where a form of its asks."""
        asking = request.GET.get(ORGANIZATION, "") if request.path.endswith("/autocomplete/") else ""
        if asking and any(field.name == ORGANIZATION for field in self.opts.fields):
            queryset = queryset.filter(organization=as_id(asking))
        return super().get_search_results(request, queryset, search_term)

    def _filter_actions_by_permissions(self, request: HttpRequest, actions: Any) -> list[Any]:
        """An action that names no permission is nobody's."""
        allowed: list[Any] = super()._filter_actions_by_permissions(request, actions)  # type: ignore[misc]  # Django's own hook
        return [action for action in allowed if getattr(action[0], "allowed_permissions", None)]

    def response_action(self, request: HttpRequest, queryset: QuerySet[Row], *where: Any) -> HttpResponse | None:
        """Take an action on a bounded number of rows; deleting several is deleting all of them or none."""
        chosen = request.POST.getlist("_selected_action")
        is_whole = "delete_selected" in request.POST.getlist("action")
        try:
            rows = queryset if request.POST.get("select_across") == "1" else queryset.filter(pk__in=chosen)
            self._refuse_too_many(rows.count())
            with transaction.atomic() if is_whole else nullcontext():
                return super().response_action(request, queryset, *where)
        except DomainError as error:
            self.tell(request, error)
        except (ValueError, ValidationError):
            self.message_user(request, "There are no such rows.", level=messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def _refuse_too_many(self, number: int) -> None:
        if number > self.most_at_once:
            sentence = f"{number} rows are chosen; at most {self.most_at_once} are possible at a time."
            raise DomainError(ErrorKind.TOO_LARGE, "too_many", sentence)

    def tell(self, request: HttpRequest, error: DomainError, about: object = None) -> None:
        """Show what a service refused above the next page."""
        sentences = [sentence for several in error.fields.values() for sentence in several] or [error.message]
        told = " ".join(sentences)
        self.message_user(request, told if about is None else f"{about}: {told}", level=messages.ERROR)


class HistoryAdmin(BoundedAdmin[Any]):
    """Rows that nobody types in or takes away: clients and workers write them, deleting a customer deletes theirs."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Clients add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened, happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Counts, caps and sums are kept beside them."""
        return False


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Rows below another one, to look at; the only kind of inline there is."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They have a page, or a dialect, of their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They have a page, or a dialect, of their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They have a page, or a dialect, of their own."""
        return False


class ServiceAdmin(BoundedAdmin[Row]):
    """Pages whose rows are made, changed and removed by services, which say no beside the field.

    A row belongs to one organization for good: a new one to that of the page's address, and all that a form names is
    of that organization. `fixed` fields stay as they are once the row is there.
    """

    form = KeptForm
    formfield_overrides = {JSONField: STRICT}
    fixed: Sequence[str] = ()

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Row:
        """Make a row of these values by its service."""
        raise NotImplementedError

    def change(self, row: Row, changes: dict[str, Any], request: HttpRequest) -> Row:
        """Change by its service what the operator changed, and nothing else; the row is locked."""
        raise NotImplementedError

    def remove(self, rows: Sequence[Row]) -> None:
        """Take rows away by their service: all of them or, with a DomainError, none."""
        raise NotImplementedError

    def lock(self, row: Row) -> None:
        """Lock what changing or removing a row locks first."""
        list(type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk"))  # noqa: SLF001

    @property
    def is_of_an_organization(self) -> bool:
        """Whether the rows have one; operators and organizations themselves have none."""
        return any(field.name == ORGANIZATION for field in self.opts.fields)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row | None:
        """The row; when it is to be saved or removed it is locked, and read again."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        self.lock(found)
        return super().get_object(request, object_id, from_field)

    def get_organization(self, request: HttpRequest, obj: Row | None) -> Organization | None:
        """Whose row it is or will be: the one that the address names, or that the form does, or the only one."""
        if not self.is_of_an_organization:
            return None
        if obj is not None:
            return obj.organization  # type: ignore[attr-defined, no-any-return]  # it has one, see above
        asked = request.GET.get(ORGANIZATION) or request.POST.get(ORGANIZATION)
        if asked:
            return Organization.objects.filter(pk=as_id(asked) or 0).first()
        return self._posted_organization(request) or _only(list(Organization.objects.all()[:2]))

    def _posted_organization(self, request: HttpRequest) -> Organization | None:
        """That of the first row that a form without an address of its organization names."""
        for field in self.opts.fields:
            pk = as_id(request.POST.get(field.name, ""))
            if field.is_relation and pk is not None:
                row: Any = field.related_model._base_manager.filter(pk=pk).first()  # type: ignore[union-attr]  # noqa: SLF001
                if row is not None:
                    return row.organization  # type: ignore[no-any-return]
        return None

    def get_readonly_fields(self, request: HttpRequest, obj: Row | None = None) -> list[str]:
        """No form has a field for the organization, and what is fixed is only shown of a row that is there."""
        fields = [str(name) for name in super().get_readonly_fields(request, obj)]
        fields += [ORGANIZATION] if self.is_of_an_organization else []
        return list(dict.fromkeys(fields if obj is None else [*fields, *self.fixed]))

    def get_fieldsets(self, request: HttpRequest, obj: Row | None = None) -> Any:
        """All fields and what the operator sees of them; the latter only where it can be changed.

        A row that is not yet there shows nothing: what it would have of itself is not what it gets.
        """
        fieldsets: Any = [(title, dict(options)) for title, options in super().get_fieldsets(request, obj)]
        names = [name for name in flatten_fieldsets(fieldsets) if name != SEEN]
        hidden = {SEEN} if obj else {SEEN, *self.get_readonly_fields(request)} - {ORGANIZATION}
        for _, options in fieldsets:
            options["fields"] = [name for name in options["fields"] if name not in hidden]
        if self.is_of_an_organization and ORGANIZATION not in names:
            fieldsets[0][1]["fields"] = [ORGANIZATION, *fieldsets[0][1]["fields"]]
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets[-1][1]["fields"] = [*fieldsets[-1][1]["fields"], SEEN]
        return fieldsets

    def get_form(self, request: HttpRequest, obj: Row | None = None, change: bool = False, **options: Any) -> Any:  # noqa: FBT001, FBT002
        """The form, told whose rows it offers and who saves it."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.organization = self.get_organization(request, obj)
        form.keeper = partial(self.keep, request)
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """A choice that asks for rows of the form's organization."""
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = OwnChoice(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def keep(self, request: HttpRequest, form: KeptForm) -> Row:
        """Save what a form says by the row's service."""
        if not form.is_new:
            return self.change(form.row, form.changes, request)
        organization: Any = form.organization
        return self.create(organization, form.values, request)

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:  # noqa: FBT001
        """The form has done it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """The form has done it; rows below are never saved with a page."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A new row's organization is asked for first."""
        wants = object_id is None and self.is_of_an_organization and self.has_add_permission(request)
        if wants and request.method == "GET" and self.get_organization(request, None) is None:
            return self._ask_for_organization(request)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            return self._refused(request, error)

    def _ask_for_organization(self, request: HttpRequest) -> HttpResponse:
        name = request.GET.get("name", "")
        found = Organization.objects.filter(name__icontains=name).order_by("name")
        kept = request.GET.copy()
        for each in (ORGANIZATION, "name"):
            kept.pop(each, None)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Add {self.opts.verbose_name}: for which organization?",
            "organizations": found[:MOST_SHOWN],
            "name": name,
            "kept": kept,
            "opts": self.opts,
            "is_popup": IS_POPUP_VAR in request.GET,
        }
        return TemplateResponse(request, "admin/customers/choose_organization.html", context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], Any]:
        """What the page asks about: the rows themselves; their service takes away, or refuses, what hangs on them."""
        rows = objs if isinstance(objs, list) else objs[:MOST_SHOWN]
        return [str(row) for row in rows], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        """Remove it by its service."""
        self.remove([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> None:
        """Remove the chosen rows, in the order of their ids, as locks are taken."""
        self.remove(list(queryset.order_by("pk")))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """A refusal is told, and nothing is gone."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """What can't even be locked is gone meanwhile."""
        self.tell(request, error)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))


def _only(rows: list[Organization]) -> Organization | None:
    return rows[0] if len(rows) == 1 else None
