"""Pages of lists (contract 4, section A "lists")."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from customers.errors import DomainError, ErrorKind

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
            raise DomainError(ErrorKind.UNKNOWN_ATTRIBUTE, "argument_error", "Wrong arguments.", fields=refused)
        limit, page = (int(text) if len(text) <= 15 else FARTHEST for text in values.values())  # noqa: PLR2004
        return cls(min(limit, MAXIMUM_LIMIT), page)

    def rows_of(self, queryset: "QuerySet[Any]") -> tuple[list[Any], dict[str, int]]:
        """The page's rows and the `pagination` object, with two queries whatever the size."""
        return self.cut(queryset.count(), lambda start, end: list(queryset[start:end]))

    def items_of(self, items: Sequence[Item]) -> tuple[list[Item], dict[str, int]]:
        """The same of what is at hand already."""
        return self.cut(len(items), lambda start, end: list(items[start:end]))

    def cut(self, total: int, rows: Callable[[int, int], list[Any]]) -> tuple[list[Any], dict[str, int]]:
        """The same of any list of `total`, of which `rows` gives those from one place to before another."""
        start = min((self.page - 1) * self.limit, FARTHEST)
        found = rows(start, start + self.limit) if start < total else []
        return found, {"page": self.page, "limit": self.limit, "total": total}
