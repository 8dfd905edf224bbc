"""What visits look like on the wire (contract 3: Trace, Visits, Activity)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traces.models.action import ActionType
from traces.wire.fields import CustomerIdField, IdentifierField, KeywordField, RawField, TextField
from traces.wire.members import RequestBody, without_namespace
from traces.wire.plain import storable

MAXIMUM_DATA_FIELDS = 100


class TraceIn(RequestBody):
    """The body of a new trace; without a customer-id the customer is anonymous.

    customer-token: the hex HMAC-SHA256 of the customer-id, keyed with the application's identity secret.
    """

    app_token = IdentifierField(required=False, allow_null=True, default=None)
    customer_id = CustomerIdField(required=False, allow_null=True, default=None)
    customer_token = TextField(required=False, allow_null=True, default=None)


class TraceOut(serializers.Serializer[Any]):
    """The answer: what every later call names."""

    trace_id = serializers.UUIDField()
    customer_id = serializers.CharField()


class TrailIn(RequestBody):
    """The body of a new visit."""

    language = TextField(required=False, allow_null=True, default=None)
    platform = TextField(required=False, allow_null=True, default=None)
    channel = TextField()


class TrailOut(serializers.Serializer[Any]):
    """The answer: the visit's id."""

    trail_id = serializers.UUIDField()


@extend_schema_field(
    {
        "type": "array",
        "nullable": True,
        "maxItems": MAXIMUM_DATA_FIELDS,
        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "value": {}}},
    }
)
class ActionData(RawField):
    """An activity's data: at most 100 maps with a name and a value."""

    default_error_messages = {
        "list": "A list of maps with name and value is expected.",
        "long": "At most {maximum} fields are expected.",
    }

    def to_internal_value(self, data: object) -> list[dict[str, Any]]:
        """`[{name, value}]` with values as they are stored, or an error."""
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            self.fail("list")
        if len(data) > MAXIMUM_DATA_FIELDS:
            self.fail("long", maximum=MAXIMUM_DATA_FIELDS)
        fields = [{without_namespace(name): value for name, value in item.items()} for item in data]
        if not all(isinstance(field.get("name"), str) and field["name"] for field in fields):
            self.fail("list")
        return [{"name": field["name"], "value": storable(field.get("value"))} for field in fields]


class ActionIn(RequestBody):
    """The body of an activity."""

    name = TextField()
    type = KeywordField(ActionType.values, namespace="trail-action")
    data = ActionData(required=False, allow_null=True, default=None)  # type: ignore[assignment]  # a member of this name, not the serializer's own data


class ActionOut(serializers.Serializer[Any]):
    """The answer: the activity's id."""

    action_id = serializers.UUIDField()
