"""The members of a request's map, as an endpoint's `RequestBody` declares them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from customers.errors import DomainError, ErrorKind


class RequestBody(serializers.Serializer[Any]):
    """The declaration of a request's members; `read_members` validates each by its field, and does nothing else.

    DRF's hooks on the serializer (`validate`, `validate_<member>`, `Meta.validators`…) would never be called, so a
    class that has one is refused: put the rule into a field, or into the view.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        ignored = [name for name in vars(cls) if name in NEVER_CALLED or name.startswith("validate_")]
        if ignored:
            raise TypeError(f"{cls.__name__}: {', '.join(ignored)} would never be called; see RequestBody")


NEVER_CALLED = frozenset(
    {"validate", "validators", "Meta", "run_validation", "to_internal_value", "create", "update", "save", "is_valid"}
)


def read_members(kind: type[RequestBody], document: Mapping[str, object]) -> dict[str, Any]:
    """The validated members that `kind` declares; others are ignored (known clients send some).

    Names are kebab-case on the wire, with or without a namespace (`:trace/app-token`), and snake_case here. DomainError
    `invalid_body` names every wrong member; `malformed_body` a member that is given twice.
    """
    fields = _fields(kind)
    given: dict[str, Any] = {}
    for key, value in document.items():
        name = without_namespace(key)
        if name in fields:
            if name in given:
                raise DomainError(ErrorKind.UNREADABLE, "malformed_body", f"{name} stands twice in the body.")
            given[name] = value
    validated: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, field in fields.items():
        try:
            validated[field.field_name or name] = field.run_validation(given.get(name, empty))
        except serializers.ValidationError as error:
            details: Any = error.detail
            errors[name] = [str(sentence) for sentence in details]
    if errors:
        raise DomainError(ErrorKind.INVALID, "invalid_body", "The body has wrong members.", fields=errors)
    return validated


def without_namespace(name: str) -> str:
    """`placeholder/name` is `name`."""
    return name.rpartition("/")[2] if "/" in name else name


@cache
def _fields(kind: type[RequestBody]) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """The fields by their names on the wire; made once, for a field keeps no state of what it validates."""
    return {name.replace("_", "-"): field for name, field in kind().fields.items()}
