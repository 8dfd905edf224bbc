"""Fields of the customer schema on the wire (contract 5, section B)."""

from typing import Any

from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer, OneOf, StrictBoolean, StrictSerializer, StrictString
from campaigns.api.instants import format_instant
from customers.field_values.field_type import FIELD_TYPES
from customers.models import CustomerField


class FieldOptionsIn(StrictSerializer):
    """What else holds for a field: `required` ones can't be cleared."""

    required = StrictBoolean(required=False)  # type: ignore[assignment]  # a member of this name, not the field's own flag


class FieldIn(StrictSerializer):
    """The object `field`; the type of a field stays."""

    name = StrictString(max_length=63)
    type = OneOf(choices=FIELD_TYPES)
    targetable = StrictBoolean(required=False)
    unique = StrictBoolean(required=False)
    options = FieldOptionsIn(required=False, allow_null=True)


class FieldOptionsOut(AnswerSerializer):
    """What else holds for a field."""

    required = serializers.BooleanField()  # type: ignore[assignment]  # a member of this name, not the field's own flag


class FieldOut(AnswerSerializer):
    """A field; `unique_since` null: its index is still being made, or could not be (`unique_problem`)."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=FIELD_TYPES)
    targetable = serializers.BooleanField()
    unique = serializers.BooleanField()
    unique_since = serializers.DateTimeField(allow_null=True)
    unique_problem = serializers.CharField()
    options = FieldOptionsOut()

    def to_representation(self, field: CustomerField) -> dict[str, Any]:
        """The field in this dialect's forms."""
        return {
            "name": field.name,
            "type": field.type,
            "targetable": field.targetable,
            "unique": field.unique,
            "unique_since": None if field.unique_since is None else format_instant(field.unique_since),
            "unique_problem": field.unique_problem,
            "options": {"required": field.required},
        }
