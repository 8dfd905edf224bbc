"""Strict fields of request bodies: a value of the wrong type is an error, never converted."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.settings import api_settings

from campaigns.api.instants import parse_instant
from customers.field_values.normalized import plain_digits

UNKNOWN = "unknown"
# Under which DRF puts what is wrong with an object as a whole.
NON_FIELD_ERRORS_KEY: str = api_settings.NON_FIELD_ERRORS_KEY
PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)
AMOUNT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,2})?", re.ASCII)
MAXIMUM_INTEGER = 2**31 - 1
MAXIMUM_ID = 2**63 - 1
LONGEST_SCALAR = 255


class StrictString(serializers.CharField):
    """A string; leading and trailing white space is removed, and it must not be empty then."""

    default_error_messages = {"invalid": "A string is expected.", "control": "Control characters are not allowed."}

    def __init__(self, *, max_length: int = 255, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def run_validation(self, data: object = empty) -> str | None:
        """Check the type first: DRF would convert anything, however deep, to a string to see whether it is empty."""
        if data is not empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        checked: str | None = super().run_validation(data)
        return checked

    def to_internal_value(self, data: object) -> str:
        """The string itself, or the error `control`."""
        if not isinstance(data, str):
            self.fail("invalid")
        if "\x00" in data:
            self.fail("control")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.INT64)
class StrictInteger(serializers.Field[int, object, int, Any]):
    """An integer between two bounds."""

    default_error_messages = {"invalid": "An integer from {minimum} to {maximum} is expected."}

    def __init__(self, *, minimum: int = 0, maximum: int = MAXIMUM_INTEGER, **options: Any) -> None:
        super().__init__(**options)
        self.minimum, self.maximum = minimum, maximum

    def to_internal_value(self, data: object) -> int:
        """The integer itself, or the error `invalid`."""
        if isinstance(data, bool) or not isinstance(data, int) or not self.minimum <= data <= self.maximum:
            self.fail("invalid", minimum=self.minimum, maximum=self.maximum)
        return data

    def to_representation(self, value: int) -> int:
        """The integer itself."""
        return value


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field[datetime, object, str, Any]):
    """A point in time, in one of the two forms of the contract."""

    default_error_messages = {"invalid": "A time such as 2020-08-12T17:45:48Z is expected."}

    def to_internal_value(self, data: object) -> datetime:
        """An aware UTC datetime, or the error `invalid`."""
        try:
            return parse_instant(data if isinstance(data, str) else "")
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        """Never used: answers are written by the Out serializers."""
        raise NotImplementedError


class OneOf(serializers.ChoiceField):
    """One of a few strings."""

    default_error_messages = {"invalid": "One of {choices} is expected."}

    def to_internal_value(self, data: object) -> str:
        """The string itself, or the error `invalid`."""
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid", choices=", ".join(self.choices))
        return data


def _digits(data: object) -> str:
    """A string as it is, a number's plain digits; empty for anything else."""
    if isinstance(data, str):
        return data
    if isinstance(data, bool) or not isinstance(data, int | float | Decimal):
        return ""
    try:
        return plain_digits(data)
    except ValueError:
        return ""


@extend_schema_field(OpenApiTypes.DECIMAL)
class Price(serializers.Field[Decimal, object, str, Any]):
    """An amount of money as a string of digits (`"0.25"`) or a number: more than 0, at most six decimal places."""

    default_error_messages = {"invalid": 'A price such as "0.25" is expected: above 0, below a million, six places.'}

    def to_internal_value(self, data: object) -> Decimal:
        """The exact amount, or the error `invalid`."""
        text = _digits(data)
        if not PRICE.fullmatch(text) or not Decimal(text):
            self.fail("invalid")
        return Decimal(text)

    def to_representation(self, value: Decimal) -> str:
        """Never used: answers are written by the Out serializers."""
        raise NotImplementedError


@extend_schema_field(OpenApiTypes.DECIMAL)
class Amount(serializers.Field[Decimal, object, str, Any]):
    """An amount of money, 0 or more, with at most two decimal places: a string of digits or a number."""

    default_error_messages = {"invalid": 'An amount such as "12.50" is expected: 0 or more, two decimal places.'}

    def to_internal_value(self, data: object) -> Decimal:
        """The exact amount, or the error `invalid`."""
        text = _digits(data)
        if not AMOUNT.fullmatch(text):
            self.fail("invalid")
        return Decimal(text)

    def to_representation(self, value: Decimal) -> str:
        """Never used: answers are written by the Out serializers."""
        raise NotImplementedError


class StrictBoolean(serializers.BooleanField):
    """true or false, and nothing that is only like them."""

    default_error_messages = {"invalid": "true or false is expected."}

    def to_internal_value(self, data: object) -> bool:
        """The boolean itself, or the error `invalid`."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


@extend_schema_field(OpenApiTypes.ANY)
class Scalar(serializers.Field[Any, object, Any, Any]):
    """A string, a number or a boolean that is only stored and returned."""

    default_error_messages = {"invalid": "A string of at most 255 characters, a number or a boolean is expected."}

    def to_internal_value(self, data: object) -> str | int | float | bool:
        """The value itself, or the error `invalid`."""
        if isinstance(data, str) and len(data) <= LONGEST_SCALAR and "\x00" not in data:
            return data
        if not isinstance(data, int | float):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """The value itself."""
        return value


class StrictList(serializers.ListField):
    """A list of at least one and at most `maximum` items, counted before any of them is validated."""

    default_error_messages = {
        "not_a_list": "A list is expected.",
        "empty": "At least one item is expected.",
        "too_long": "At most {maximum} items are allowed.",
    }

    def __init__(self, *, maximum: int, **options: Any) -> None:
        # The length also stands in the description of the API.
        super().__init__(**{"allow_empty": False, "max_length": maximum} | options)
        self.maximum = maximum

    def to_internal_value(self, data: Any) -> list[Any]:
        """The accepted items; an error has the index of each refused one."""
        if isinstance(data, list) and len(data) > self.maximum:
            self.fail("too_long", maximum=self.maximum)
        return super().to_internal_value(data)


class Anything(serializers.JSONField):
    """A value that the domain itself checks (targets)."""

    def to_internal_value(self, data: Any) -> Any:
        """The value itself."""
        return data


class StrictSerializer(serializers.Serializer[Any]):
    """A request object: unknown attributes are errors, and all errors are reported at once.

    With `names_paths` an offending attribute is named by its whole path instead of by its own name.
    """

    names_paths = False

    def to_internal_value(self, data: object) -> Any:
        """The accepted attributes; ValidationError with a code for each offending one."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({NON_FIELD_ERRORS_KEY: ["An object is expected."]}, code="invalid")
        errors: dict[str, Any] = {
            name: [serializers.ErrorDetail("Unknown attribute.", code=UNKNOWN)]
            for name in data
            if name not in self.fields
        }
        try:
            accepted = super().to_internal_value(data)
        except serializers.ValidationError as error:
            errors |= {name: self._judged(name, details) for name, details in dict(error.detail).items()}  # type: ignore[arg-type]  # a serializer's detail is a dict
        if errors:
            raise serializers.ValidationError(errors)
        return accepted

    def _judged(self, name: str, details: object) -> object:
        """Null is the same as absent if the attribute is required, else a wrong value."""
        if isinstance(details, list) and details[0].code == "null" and not self.fields[name].required:
            return [serializers.ErrorDetail("Null is not allowed here.", code="invalid")]
        return details


class AnswerSerializer(serializers.Serializer[Any]):
    """An object of an answer: its fields are what the documentation shows, `to_representation` is what is sent."""
