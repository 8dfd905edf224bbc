"""The admin's choices: rows of one organization, and a bounded number of them."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms.models import ModelChoiceField
from django.http import HttpRequest
from django.utils.functional import cached_property

from customers.models import Organization
from customers.models.identifier import as_id

ORGANIZATION = "organization"
# How many rows a list can be paged through, and how many organizations its filter offers; beyond that, search.
MOST_ROWS = 10_000
MOST_ORGANIZATIONS = 50


class OwnChoice(AutocompleteSelect):
    """An autocomplete among the rows of one organization; a value that is no id is ignored."""

    organization_id: int | None = None

    def get_url(self) -> str:
        """The address of the autocomplete."""
        return f"{super().get_url()}?{ORGANIZATION}={self.organization_id or 0}"

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """The chosen row; Django would fail on a value that is no number."""
        return super().optgroups(name, [each for each in value if as_id(str(each)) is not None], attr)


def narrow(field: ModelChoiceField[Any], organization: Organization | None) -> None:
    """Restrict a field to an organization's rows that are not deleted (None: to no rows)."""
    rows: Any = field.queryset
    columns = {column.name for column in rows.model._meta.fields}
    if ORGANIZATION not in columns:
        return
    rows = rows.filter(organization=organization) if organization else rows.none()
    field.queryset = rows.filter(deleted_at__isnull=True) if "deleted_at" in columns else rows
    widget = getattr(field.widget, "widget", field.widget)
    if isinstance(widget, OwnChoice):
        widget.organization_id = organization.pk if organization else None


class OrganizationFilter(SimpleListFilter):
    """Filters by organization; offers the first ones by name, others by the address."""

    title = "organization"
    parameter_name = "organization__id__exact"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The offered organizations, and the chosen one in any case."""
        chosen = as_id(self.value() or "")
        offered = list(Organization.objects.order_by("name").values_list("pk", "name")[:MOST_ORGANIZATIONS])
        if chosen is not None and chosen not in dict(offered):
            offered += Organization.objects.filter(pk=chosen).values_list("pk", "name")
        return [(str(pk), name) for pk, name in offered]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen organization."""
        chosen = self.value()
        if chosen is None:
            return queryset
        return queryset.filter(organization=as_id(chosen))


class BoundedPaginator(Paginator[Any]):
    """Counts no further than a list can be paged through."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most MOST_ROWS."""
        rows: Any = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:MOST_ROWS].count()
        return len(rows)
