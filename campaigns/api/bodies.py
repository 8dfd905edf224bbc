"""Request bodies: JSON in, validated attributes out, or one error that names every wrong attribute."""

from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from itertools import chain
from typing import Any

import orjson

from campaigns.api.fields import NON_FIELD_ERRORS_KEY, UNKNOWN, StrictSerializer
from customers.errors import DomainError, ErrorKind

# A JSON object of a body, and what a serializer has made of it.
Attributes = dict[str, Any]


def read_json_object(body: bytes) -> Attributes:
    """The JSON object of a body, whatever its Content-Type says: clients of this API often leave that out."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise DomainError(ErrorKind.UNREADABLE, "argument_error", f"The body is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise DomainError(ErrorKind.UNREADABLE, "argument_error", "The body must be a JSON object.")
    return data


def read_object(kind: type[StrictSerializer], wrapper: str, body: Mapping[str, object], *, partial: bool) -> Attributes:
    """The attributes under `wrapper`, checked by `kind`; `partial` for an update of what is present.

    DomainError `missing_data` if the wrapper, all data or a required attribute is absent, `argument_error` for an
    unknown attribute, `validation` for a wrong value; its `fields` name every offending attribute.
    """
    unknown = {name: ["Unknown attribute."] for name in body if name != wrapper}
    data = body.get(wrapper)
    if data is None or data == {}:
        raise DomainError(
            ErrorKind.MISSING,
            "missing_data",
            f"Missing {wrapper} data.",
            fields={wrapper: ["Data is required."], **unknown},
        )
    if not isinstance(data, Mapping):
        raise DomainError(
            ErrorKind.INVALID, "validation", "Validation error.", fields={wrapper: ["An object is expected."]}
        )
    return _checked(kind, data, unknown, partial=partial)


def read_changes(
    kind: type[StrictSerializer],
    wrapper: str,
    body: Mapping[str, object],
    shown: Callable[[], Mapping[str, object]],
) -> Attributes:
    """The attributes of an update, as `read_object`; what GET shows may be sent back as it is.

    A read-only attribute with the value that `shown` has is ignored; with another value it is an `argument_error`.
    `shown` is called only if there is one. Source: contract 5, section A "an answer sent back".
    """
    data = body.get(wrapper)
    fields = _template(kind, partial=True).fields
    if not isinstance(data, Mapping) or data.keys() <= fields.keys():
        return read_object(kind, wrapper, body, partial=True)
    present = shown()
    others = {name: value for name, value in data.items() if name not in fields}
    unknown = {name: ["Unknown attribute."] for name in body if name != wrapper}
    for name, value in others.items():
        if name not in present:
            unknown[name] = ["Unknown attribute."]
        elif value != present[name]:
            unknown[name] = ["This attribute can't be changed."]
    writable = {name: value for name, value in data.items() if name in fields}
    return _checked(kind, writable, unknown, partial=True)


def read_list(kind: type[StrictSerializer], wrapper: str, body: Mapping[str, object]) -> list[Any]:
    """The items under `wrapper`, the one attribute of `kind`, which has the whole body; errors as `read_object`."""
    if body.get(wrapper) in (None, []):
        raise DomainError(
            ErrorKind.MISSING, "missing_data", f"Missing {wrapper} data.", fields={wrapper: ["Data is required."]}
        )
    items: list[Any] = _checked(kind, body, {}, partial=False)[wrapper]
    return items


def read_body(kind: type[StrictSerializer], body: Mapping[str, object]) -> Attributes:
    """The attributes of a body without a wrapper, checked by `kind`; errors as `read_object`."""
    return _checked(kind, body, {}, partial=False)


def _checked(kind: type[StrictSerializer], data: Any, unknown: dict[str, list[str]], *, partial: bool) -> Attributes:
    hashable: Any = kind
    serializer = copy(_template(hashable, partial=partial))
    serializer.initial_data = data
    if serializer.is_valid() and not unknown:
        return dict(serializer.validated_data)
    errors = _paths(serializer.errors) if kind.names_paths else serializer.errors
    raise _as_domain_error(errors, unknown, partial=partial)


def _paths(errors: Mapping[object, object], path: str = "") -> dict[str, object]:
    """Nested errors by the whole path of each attribute: `behaviors[1].data.period`."""
    found: dict[str, object] = {}
    for name, details in errors.items():
        if isinstance(name, int):
            here = f"{path}[{name}]"
        elif name == NON_FIELD_ERRORS_KEY:
            here = path
        else:
            here = f"{path}.{name}" if path else str(name)
        found |= _paths(details, here) if isinstance(details, Mapping) else {here: details}
    return found


@cache
def _template(kind: type[StrictSerializer], *, partial: bool) -> StrictSerializer:
    """A serializer whose fields its copies share: DRF copies every declared field deeply for each new one."""
    template = kind(partial=partial)
    _ = template.fields
    return template


def _as_domain_error(errors: Mapping[str, object], unknown: dict[str, list[str]], *, partial: bool) -> DomainError:
    fields: dict[str, list[str]] = {}
    codes: set[str] = {UNKNOWN} if unknown else set()
    _collect(errors, fields, codes)
    fields |= unknown
    absent = {"required"} if partial else {"required", "null"}
    if codes & absent:
        return DomainError(ErrorKind.MISSING, "missing_data", "Required attributes are missing.", fields=fields)
    if UNKNOWN in codes:
        return DomainError(ErrorKind.UNKNOWN_ATTRIBUTE, "argument_error", "Unknown attributes.", fields=fields)
    return DomainError(ErrorKind.INVALID, "validation", "Validation error.", fields=fields)


def _collect(errors: Mapping[str, Any], fields: dict[str, list[str]], codes: set[str], inside: str = "") -> None:
    """Flatten nested errors: an attribute inside the message object stands under its own name, an item of a list
    under the list's.
    """
    for name, details in errors.items():
        if isinstance(details, Mapping) and not all(isinstance(index, int) for index in details):
            _collect(details, fields, codes, name)
            continue
        found = list(chain.from_iterable(details.values())) if isinstance(details, Mapping) else details
        fields[inside if name == NON_FIELD_ERRORS_KEY else str(name)] = list(
            dict.fromkeys(str(detail) for detail in found)
        )
        codes |= {str(getattr(detail, "code", "")) for detail in found}
