"""Business events on the wire (contract 3, Business Events)."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from funnels.api.serializers.fields import Flag
from traces.wire.fields import CustomerIdField, IdentifierField, RawField, TextField
from traces.wire.members import RequestBody, without_namespace
from traces.wire.plain import storable

MAXIMUM_FIELDS = 100


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object"}]})
class CustomerSought(RawField):
    """A customer's id, or a map of fields to search by."""

    default_error_messages = {
        "required": "This field is required.",
        "null": "This field is required.",
        "empty": "A customer's id, or fields to search by, are expected.",
    }

    def to_internal_value(self, data: object) -> Any:
        """The id as text, or the map without namespaces; an error for an empty one."""
        if isinstance(data, dict):
            if not data or len(data) > MAXIMUM_FIELDS:
                self.fail("empty")
            sought = {without_namespace(name): value for name, value in data.items()}
            if sought.get("id") is not None:
                sought["id"] = CustomerIdField().run_validation(sought["id"])
            return sought
        return CustomerIdField().run_validation(data)


@extend_schema_field(OpenApiTypes.OBJECT)
class EventContext(RawField):
    """A map of additional parameters."""

    default_error_messages = {
        "map": "A map of parameters is expected.",
        "long": "At most {maximum} parameters are expected.",
    }

    def to_internal_value(self, data: object) -> dict[str, object]:
        """The map in values that can be stored, or an error."""
        if not isinstance(data, dict):
            self.fail("map")
        if len(data) > MAXIMUM_FIELDS:
            self.fail("long", maximum=MAXIMUM_FIELDS)
        return {without_namespace(name): storable(value) for name, value in data.items()}


class BusinessEventIn(RequestBody):
    """The body; `event-id` is ours: telling the same event again changes nothing."""

    app_token = IdentifierField()
    event_name = TextField()
    customer_id = CustomerSought()
    context = EventContext(required=False, allow_null=True, default=dict)  # type: ignore[assignment]  # a member of this name, not the serializer's own context
    event_id = IdentifierField(required=False, allow_null=True, default=None)

    def get_fields(self) -> dict[str, Any]:
        """One member has a name that Python can't say."""
        restart = Flag(required=False, allow_null=True, default=False)
        return {**super().get_fields(), "force_funnel_restart?": restart}


class BusinessEventOut(serializers.Serializer[object]):
    """The answer: the campaign that was triggered."""

    campaign = serializers.CharField()
    campaign_id = serializers.IntegerField()
    trace_id = serializers.UUIDField()
    trail_id = serializers.UUIDField()
    tracking_token = serializers.UUIDField()
    customer_id = serializers.CharField()
