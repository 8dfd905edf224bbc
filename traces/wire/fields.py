"""Fields of request bodies: as lenient as contract 4 says real clients need, and no more."""

import string
from collections.abc import Iterable
from typing import Any
from unicodedata import normalize
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MAXIMUM_TEXT = 255
# White space, and what has no width.
BLANKS = string.whitespace + "\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"


@extend_schema_field({"type": "string"})
class TextField(serializers.Field[str, Any, str, Any]):
    """A string or keyword; if the field allows null, `""` and null mean that it is absent."""

    default_error_messages = {
        "invalid": "A string is expected.",
        "required": "This field is required.",
        "null": "This field is required.",
        "long": "At most {maximum} characters are expected.",
    }

    def __init__(self, *, maximum: int = MAXIMUM_TEXT, **options: Any) -> None:
        super().__init__(**options)
        self.maximum = maximum

    def to_internal_value(self, data: object) -> str:
        """The text, or an error."""
        if not isinstance(data, str):
            self.fail("invalid")
        if len(data) > self.maximum:
            self.fail("long", maximum=self.maximum)
        if not data and self.required:
            self.fail("required")
        return data

    def to_representation(self, value: str) -> str:
        """The text itself."""
        return value


class IdentifierField(TextField):
    """An id of the caller's: a string, a UUID or an integer; an empty one counts as absent."""

    default_error_messages = {"invalid": "An id is a string, a UUID or an integer."}

    def to_internal_value(self, data: object) -> Any:
        """The id as text; None for an empty one if the field is optional."""
        if isinstance(data, UUID) or (isinstance(data, int) and not isinstance(data, bool)):
            data = str(data)
        return super().to_internal_value(data) or None


class CustomerIdField(IdentifierField):
    """A customer's id without the white space around it; what scripts send for want of one is refused.

    Each of those (setting REFUSED_CUSTOMER_IDS) would merge all who send it into one customer, for good.
    """

    default_error_messages = {"nobody": "This is nobody's id: {value}"}

    def to_internal_value(self, data: object) -> Any:
        """The id as text; None for an empty one that need not be there."""
        value = super().to_internal_value(data.strip(BLANKS) if isinstance(data, str) else data)
        if value is not None and normalize("NFKC", value).lower() in settings.REFUSED_CUSTOMER_IDS:
            self.fail("nobody", value=value)
        return value


class KeywordField(TextField):
    """One of a few names, with or without the namespace of its keyword (`:trail-action/conversion`)."""

    default_error_messages = {"choice": "One of {choices} is expected."}

    def __init__(self, choices: Iterable[str], *, namespace: str, **options: Any) -> None:
        super().__init__(**options)
        self.choices, self.namespace = tuple(choices), namespace

    def to_internal_value(self, data: object) -> str:
        """The name without its namespace, or the error `choice`."""
        name = super().to_internal_value(data).removeprefix(":").removeprefix(f"{self.namespace}/")
        if name not in self.choices:
            self.fail("choice", choices=", ".join(self.choices))
        return name


class RawField(serializers.Field[Any, Any, Any, Any]):
    """A value that the view or the domain validates itself."""

    def to_internal_value(self, data: object) -> Any:
        """The value itself."""
        return data

    def to_representation(self, value: object) -> Any:
        """The value itself."""
        return value
