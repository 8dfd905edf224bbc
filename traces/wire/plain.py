"""EDN's values as the plain Python values that both formats share.

Keywords become their names, collections lists, keys strings; integers, decimals, booleans, instants and UUIDs stay.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from traces.wire.edn import Char, EdnError, ExactMap, ExactSet, ImmutableDict, ImmutableList, Keyword, Symbol

SCALARS = (str, int, float, Decimal, datetime, date, UUID)
LISTS = (list, tuple, set, frozenset, ImmutableList, ExactSet)
MAPS = (dict, ImmutableDict, ExactMap)


def plain(value: Any) -> Any:
    """A value of the EDN reader as a plain one; EdnError for symbols and tags, which have no meaning here."""
    if value is None or isinstance(value, SCALARS):
        return str.__str__(value) if isinstance(value, Char) else value
    if isinstance(value, Keyword):
        return value.name
    if isinstance(value, MAPS):
        return _plain_map(value)
    if isinstance(value, LISTS):
        return [plain(item) for item in value]
    if isinstance(value, Symbol):
        raise EdnError(f"a symbol has no meaning here: {value}")
    raise EdnError(f"a tag has no meaning here: #{value.tag}")


def _plain_map(value: Mapping[Any, object]) -> dict[str, Any]:
    plain_map = {_key(key): plain(item) for key, item in value.items()}
    if len(plain_map) != len(value):
        raise EdnError("a key stands twice in a map, as a keyword and as a string")
    return plain_map


def _key(key: object) -> str:
    if isinstance(key, Keyword | str):
        return key.name if isinstance(key, Keyword) else key
    raise EdnError(f"a map's key must be a keyword or a string, not {key}")


def storable(value: object) -> Any:  # noqa: PLR0911 (a table of types)
    """A plain value as it is stored in JSON: instants and UUIDs as text, and numbers that would lose digits.

    A fraction is stored in the same form whether it came as JSON, as an EDN float or as an EDN decimal.
    """
    if isinstance(value, dict):
        return {str(key): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def _number(value: Decimal) -> float | str:
    nearest = float(value)
    return nearest if Decimal(repr(nearest)) == value else str(value)
