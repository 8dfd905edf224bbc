"""What the admin lets operators choose from: rows of one organization, and never more than can be shown."""

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
# How many rows a list can be leafed through, and how many organizations stand beside it: more is searched for.
MOST_ROWS = 10_000
MOST_ORGANIZATIONS = 50


class OwnChoice(AutocompleteSelect):
    """A choice among the rows of one organization; what is no id at all is shown as nothing."""

    organization_id: int | None = None

    def get_url(self) -> str:
        """Where the rows are looked for."""
        return f"{super().get_url()}?{ORGANIZATION}={self.organization_id or 0}"

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """The chosen row; Django would fail where something else than a number was sent."""
        return super().optgroups(name, [each for each in value if as_id(str(each)) is not None], attr)


def narrow(field: ModelChoiceField[Any], organization: Organization | None) -> None:
    """Let a field offer and accept only living rows of an organization (None: of none)."""
    rows: Any = field.queryset
    columns = {column.name for column in rows.model._meta.fields}  # noqa: SLF001
    if ORGANIZATION not in columns:
        return
    rows = rows.filter(organization=organization) if organization else rows.none()
    field.queryset = rows.filter(deleted_at__isnull=True) if "deleted_at" in columns else rows
    widget = getattr(field.widget, "widget", field.widget)
    if isinstance(widget, OwnChoice):
        widget.organization_id = organization.pk if organization else None


class OrganizationFilter(SimpleListFilter):
    """The rows of one organization; the first organizations by name are offered, the others have addresses."""

    title = "organization"
    parameter_name = "organization__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What is offered, in one bounded query; the chosen one in any case."""
        chosen = as_id(self.value() or "")
        offered = list(Organization.objects.order_by("name").values_list("pk", "name")[:MOST_ORGANIZATIONS])
        if chosen is not None and chosen not in dict(offered):
            offered += Organization.objects.filter(pk=chosen).values_list("pk", "name")
        return [(str(pk), name) for pk, name in offered]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the chosen one."""
        chosen = self.value()
        if chosen is None:
            return queryset
        return queryset.filter(organization=as_id(chosen))


class BoundedPaginator(Paginator[Any]):
    """Counts no further than a list can be leafed through."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most MOST_ROWS."""
        rows: Any = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:MOST_ROWS].count()
        return len(rows)
