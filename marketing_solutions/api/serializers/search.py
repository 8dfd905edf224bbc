"""The body of a search (contract 2, "Searching Campaigns"; contract 4, section B "search without filters")."""

from collections.abc import Mapping
from typing import Annotated, NotRequired, TypedDict

from rest_framework import serializers

from customers.errors import DomainError, ErrorKind
from marketing_solutions.api.bodies import read_id
from marketing_solutions.api.shapes import member_names

# As many as one request may update.
MAXIMUM_IDS = 10_000


class Ids(serializers.ListField):
    """Ids to filter by."""

    child = serializers.CharField()

    def __init__(self) -> None:
        super().__init__(max_length=MAXIMUM_IDS, required=False)


class FiltersIn(TypedDict):
    """Joined by AND; an absent or empty one filters nothing."""

    advertiserIds: NotRequired[Annotated[list[str], Ids()]]
    campaignIds: NotRequired[Annotated[list[str], Ids()]]


class SearchIn(TypedDict):
    """The body of a search; it may be empty."""

    filters: NotRequired[FiltersIn]


NAMES = member_names(FiltersIn)


def read_filters(body: object) -> dict[str, list[int] | None]:
    """`advertiser_ids` and `campaign_ids`, None where there is nothing to filter by; ids that can't be are 0.

    DomainError `malformed-body`, `unknown-attribute` or `invalid-attribute`.
    """
    if not isinstance(body, Mapping | None):
        raise DomainError(ErrorKind.UNREADABLE, "malformed-body", 'The body must be {"filters": {...}}.')
    filters = (body or {}).get("filters")
    unknown = set(body or {}) - {*member_names(SearchIn)}
    if isinstance(filters, Mapping):
        unknown |= set(filters) - set(NAMES)
    elif filters is not None:
        raise _refused(ErrorKind.INVALID, "invalid-attribute", "/filters", "An object is expected.")
    if unknown:
        raise _refused(
            ErrorKind.UNKNOWN_ATTRIBUTE, "unknown-attribute", "/filters", f"Unknown: {', '.join(sorted(unknown))}."
        )
    advertiser_ids, campaign_ids = (_ids(name, (filters or {}).get(name)) for name in NAMES)
    return {"advertiser_ids": advertiser_ids, "campaign_ids": campaign_ids}


def _ids(name: str, values: object) -> list[int] | None:
    if values is None or values == []:
        return None
    if isinstance(values, list) and len(values) > MAXIMUM_IDS:
        raise _refused(
            ErrorKind.INVALID, "invalid-attribute", f"/filters/{name}", f"At most {MAXIMUM_IDS} ids are allowed."
        )
    ids = [read_id(value) for value in values] if isinstance(values, list) else [None]
    found = [value for value in ids if value is not None]
    if len(found) < len(ids):
        raise _refused(ErrorKind.INVALID, "invalid-attribute", f"/filters/{name}", "An array of ids is expected.")
    return found


def _refused(kind: ErrorKind, code: str, pointer: str, sentence: str) -> DomainError:
    return DomainError(kind, code, "The filters can't be read.", fields={pointer: [sentence]})
