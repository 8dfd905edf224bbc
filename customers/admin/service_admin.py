"""Base classes of the admin's pages: services write, rows stay in their organization, lists are bounded."""

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
from customers.admin.service_form import SEEN, ServiceForm
from customers.errors import DomainError, ErrorKind
from customers.models import Organization
from customers.models.identifier import as_id

# How many rows an action may be applied to if it calls a service for each: a page of the list.
A_PAGE = 100
MOST_SHOWN = 200

Row = TypeVar("Row", bound=Model)


class BoundedAdmin(admin.ModelAdmin[Row]):
    """Lists with a bounded count, actions on a bounded number of rows, and no action without a permission."""

    paginator = BoundedPaginator
    show_full_result_count = False
    most_at_once = A_PAGE

    def get_ordering(self, request: HttpRequest) -> Any:
        """The model's order, else newest first: pages of an autocomplete must not overlap."""
        return super().get_ordering(request) or self.opts.ordering or ["-pk"]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Row], search_term: str) -> Any:
        """Rows of one organization if an autocomplete of its form asks."""
        asking = request.GET.get(ORGANIZATION, "") if request.path.endswith("/autocomplete/") else ""
        if asking and any(field.name == ORGANIZATION for field in self.opts.fields):
            queryset = queryset.filter(organization=as_id(asking))
        return super().get_search_results(request, queryset, search_term)

    def _filter_actions_by_permissions(self, request: HttpRequest, actions: object) -> list[Any]:
        """An action that declares no permission is not available."""
        allowed: list[Any] = super()._filter_actions_by_permissions(request, actions)  # type: ignore[misc]  # Django's own hook
        return [action for action in allowed if getattr(action[0], "allowed_permissions", None)]

    def response_action(self, request: HttpRequest, queryset: QuerySet[Row], *where: Any) -> HttpResponse | None:
        """Apply an action to a bounded number of rows; deleting several is atomic."""
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
        """Show a service's error above the next page."""
        sentences = [sentence for several in error.fields.values() for sentence in several] or [error.message]
        told = " ".join(sentences)
        self.message_user(request, told if about is None else f"{about}: {told}", level=messages.ERROR)


class HistoryAdmin(BoundedAdmin[Any]):
    """Read-only pages: clients and workers write these rows, deleting a customer deletes theirs."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Clients add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """History is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Counts, caps and sums are derived from them."""
        return False


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Read-only rows of a parent; the only kind of inline we have."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """They have a page, or a dialect, of their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """They have a page, or a dialect, of their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """They have a page, or a dialect, of their own."""
        return False


class ServiceAdmin(BoundedAdmin[Row]):
    """Pages whose rows are created, changed and deleted by services, whose errors appear beside the fields.

    A row stays in one organization: a new one gets that of the page's address, and a form's choices are of that
    organization. `fixed` fields can't change once the row exists.
    """

    form = ServiceForm
    formfield_overrides = {JSONField: STRICT}
    fixed: Sequence[str] = ()

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Row:
        """Create a row of these values through its service."""
        raise NotImplementedError

    def change(self, row: Row, changes: dict[str, Any], request: HttpRequest) -> Row:
        """Change through its service what the operator changed, and nothing else; the row is locked."""
        raise NotImplementedError

    def remove(self, rows: Sequence[Row]) -> None:
        """Delete rows through their service: all of them or, with a DomainError, none."""
        raise NotImplementedError

    def lock(self, row: Row) -> None:
        """Lock what changing or deleting a row locks first."""
        list(type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk"))

    @property
    def is_of_an_organization(self) -> bool:
        """Whether the rows belong to an organization; operators and organizations don't."""
        return any(field.name == ORGANIZATION for field in self.opts.fields)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row | None:
        """The row; if it is about to be saved or deleted it is locked and read again."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        self.lock(found)
        return super().get_object(request, object_id, from_field)

    def get_organization(self, request: HttpRequest, obj: Row | None) -> Organization | None:
        """The row's organization: of a new row the one that the address or the form names, or the only one."""
        if not self.is_of_an_organization:
            return None
        if obj is not None:
            return obj.organization  # type: ignore[attr-defined, no-any-return]  # it has one, see above
        asked = request.GET.get(ORGANIZATION) or request.POST.get(ORGANIZATION)
        if asked:
            return Organization.objects.filter(pk=as_id(asked) or 0).first()
        return self._posted_organization(request) or _only(list(Organization.objects.all()[:2]))

    def _posted_organization(self, request: HttpRequest) -> Organization | None:
        """The organization of the first row that the posted form refers to."""
        for field in self.opts.fields:
            pk = as_id(request.POST.get(field.name, ""))
            if field.is_relation and pk is not None:
                row: Any = field.related_model._base_manager.filter(pk=pk).first()  # type: ignore[union-attr]  # a relation has one
                if row is not None:
                    return row.organization  # type: ignore[no-any-return]  # every tenant's row has one
        return None

    def get_readonly_fields(self, request: HttpRequest, obj: Row | None = None) -> list[str]:
        """The organization is never editable, nor are `fixed` fields of an existing row."""
        fields = [str(name) for name in super().get_readonly_fields(request, obj)]
        fields += [ORGANIZATION] if self.is_of_an_organization else []
        return list(dict.fromkeys(fields if obj is None else [*fields, *self.fixed]))

    def get_fieldsets(self, request: HttpRequest, obj: Row | None = None) -> Any:
        """All fields, and for an editable row the hidden field with what the operator saw.

        A new row shows no read-only fields: their defaults are not what it will get.
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

    def get_form(self, request: HttpRequest, obj: Row | None = None, change: bool = False, **options: object) -> Any:
        """The form, with its organization and the function that saves its row."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.organization = self.get_organization(request, obj)
        form.save_row = partial(self.save_form_row, request)
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """An autocomplete of rows of the form's organization."""
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = OwnChoice(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def save_form_row(self, request: HttpRequest, form: ServiceForm) -> Row:
        """Save a form through the row's service."""
        if not form.is_new:
            return self.change(form.row, form.changes, request)
        organization: Any = form.organization
        return self.create(organization, form.values, request)

    def save_model(self, request: HttpRequest, obj: Row, form: object, change: bool) -> None:
        """No-op: the form has saved the row."""

    def save_related(self, request: HttpRequest, form: object, formsets: object, change: bool) -> None:
        """No-op: inlines are never saved."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Ask for a new row's organization first."""
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
        """What the page shows: the rows themselves; their service deletes or refuses what depends on them."""
        rows = objs if isinstance(objs, list) else objs[:MOST_SHOWN]
        return [str(row) for row in rows], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        """Delete it through its service."""
        self.remove([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> None:
        """Delete the chosen rows in the order of their ids, which is the order of locks."""
        self.remove(list(queryset.order_by("pk")))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Show a refusal; nothing is deleted then."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """Show the error on the list: a row that couldn't be locked no longer exists."""
        self.tell(request, error)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))


def _only(rows: list[Organization]) -> Organization | None:
    return rows[0] if len(rows) == 1 else None
