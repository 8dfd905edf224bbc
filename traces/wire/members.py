"""The members of a request's map, as an endpoint's serializer describes them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from customers.errors import DomainError, ErrorKind


def read_members(kind: type[serializers.Serializer[Any]], document: Mapping[str, Any]) -> dict[str, Any]:
    """The members that `kind` knows, checked; unknown ones are ignored (known clients send some).

    Names are kebab-case on the wire, with or without a namespace (`:trace/app-token`), and snake_case here. DomainError
    `invalid_body` names every offending member; `malformed_body` a member that stands twice.
    """
    fields = _fields(kind)
    given: dict[str, Any] = {}
    for key, value in document.items():
        name = without_namespace(key)
        if name in fields:
            if name in given:
                raise DomainError(ErrorKind.UNREADABLE, "malformed_body", f"{name} stands twice in the body.")
            given[name] = value
    checked: dict[str, Any] = {}
    refused: dict[str, list[str]] = {}
    for name, field in fields.items():
        try:
            checked[field.field_name or name] = field.run_validation(given.get(name, empty))
        except serializers.ValidationError as error:
            details: Any = error.detail
            refused[name] = [str(sentence) for sentence in details]
    if refused:
        raise DomainError(ErrorKind.INVALID, "invalid_body", "The body has wrong members.", fields=refused)
    return checked


def without_namespace(name: str) -> str:
    """`placeholder/name` is `name`."""
    return name.rpartition("/")[2] if "/" in name else name


@cache
def _fields(kind: type[serializers.Serializer[Any]]) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """The fields by their names on the wire; made once, for they keep nothing of what they check."""
    return {name.replace("_", "-"): field for name, field in kind().fields.items()}
