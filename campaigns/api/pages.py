"""Pages of lists (contract 4, section A "lists"; contract 5, section A "nested lists" and "`limit` above the most")."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from customers.errors import DomainError, ErrorKind

Item = TypeVar("Item")
DEFAULT_LIMIT = 10
MAXIMUM_LIMIT = 1_000
# Past this there is nothing in any table; it keeps OFFSET inside PostgreSQL's bounds.
FARTHEST = 10**15


@dataclass(frozen=True)
class Page:
    """`limit` rows of the 1-based `page`."""

    limit: int
    page: int
    is_whole: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str], *, whole: bool = False) -> "Page":
        """Read `limit` and `page` of a query string; `whole`: all there is, where neither is given.

        DomainError `argument_error` for what is no positive integer, and for a limit above the most.
        """
        values = {"limit": query.get("limit", str(DEFAULT_LIMIT)), "page": query.get("page", "1")}
        refused = {
            name: ["A positive integer is expected."]
            for name, text in values.items()
            if not (text.isascii() and text.isdecimal() and text.strip("0"))
        }
        if "limit" not in refused and _number(values["limit"]) > MAXIMUM_LIMIT:
            refused["limit"] = [f"At most {MAXIMUM_LIMIT} are given at a time."]
        if refused:
            raise DomainError(ErrorKind.UNKNOWN_ATTRIBUTE, "argument_error", "Wrong arguments.", fields=refused)
        return cls(
            _number(values["limit"]), _number(values["page"]), is_whole=whole and not {"limit", "page"} & query.keys()
        )

    def rows_of(self, queryset: "QuerySet[Any]") -> tuple[list[Any], dict[str, int]]:
        """The page's rows and the `pagination` object, with two queries whatever the size."""
        return self.cut(queryset.count(), lambda start, end: list(queryset[start:end]))

    def items_of(self, items: Sequence[Item]) -> tuple[list[Item], dict[str, int]]:
        """The same of a sequence."""
        return self.cut(len(items), lambda start, end: list(items[start:end]))

    def cut(self, total: int, rows: Callable[[int, int], list[Any]]) -> tuple[list[Any], dict[str, int]]:
        """The same of any list of `total` items; `rows` returns those from a start to before an end."""
        limit = max(self.limit, total) if self.is_whole else self.limit
        start = min((self.page - 1) * limit, FARTHEST)
        found = rows(start, start + limit) if start < total else []
        return found, {"page": self.page, "limit": limit, "total": total}


def _number(text: str) -> int:
    digits = text.lstrip("0")
    return int(digits) if len(digits) < len(str(FARTHEST)) else FARTHEST
