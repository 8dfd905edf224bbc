"""Pages of lists (contract 4, section A "lists")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from customers.errors import DomainError, Kind

Item = TypeVar("Item")
DEFAULT_LIMIT = 10
MAXIMUM_LIMIT = 100
# Past this there is nothing in any table; it keeps OFFSET inside PostgreSQL's bounds.
FARTHEST = 10**15


@dataclass(frozen=True)
class Page:
    """`limit` rows of the 1-based `page`."""

    limit: int
    page: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Page":
        """Read `limit` and `page` of a query string; DomainError `argument_error` for what is no positive integer."""
        values = {"limit": query.get("limit", str(DEFAULT_LIMIT)), "page": query.get("page", "1")}
        refused = {
            name: ["A positive integer is expected."]
            for name, text in values.items()
            if not (text.isascii() and text.isdecimal() and text.strip("0"))
        }
        if refused:
            raise DomainError(Kind.UNKNOWN_ATTRIBUTE, "argument_error", "Wrong arguments.", fields=refused)
        limit, page = (int(text) if len(text) <= 15 else FARTHEST for text in values.values())  # noqa: PLR2004
        return cls(min(limit, MAXIMUM_LIMIT), page)

    def rows_of(self, queryset: "QuerySet[Any]") -> tuple[list[Any], dict[str, int]]:
        """The page's rows and the `pagination` object, with two queries whatever the size."""
        total = queryset.count()
        rows = list(queryset[self._start : self._start + self.limit]) if self._start < total else []
        return rows, self._pagination(total)

    def items_of(self, items: Sequence[Item]) -> tuple[Sequence[Item], dict[str, int]]:
        """The same of what is at hand already."""
        return items[self._start : self._start + self.limit], self._pagination(len(items))

    @property
    def _start(self) -> int:
        return min((self.page - 1) * self.limit, FARTHEST)

    def _pagination(self, total: int) -> dict[str, int]:
        return {"page": self.page, "limit": self.limit, "total": total}
