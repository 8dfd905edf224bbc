"""What customers look like on the wire of the trace dialect (contract 3, Customers; contract 4, "subscribe")."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from traces.wire.fields import CustomerIdField, IdentifierField, RawField, TextField
from traces.wire.members import RequestBody, without_namespace

MAXIMUM_TOKEN = 1024
# The id and fields of a schema, of which none has so many.
MAXIMUM_FIELDS = 1000


@extend_schema_field({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}})
class CustomerMember(RawField):
    """The member `customer`: an `id` and any fields of the schema."""

    default_error_messages = {
        "map": "A map with id and fields of the schema is expected.",
        "id": "id is required: a string, a UUID or an integer.",
        "twice": "A field stands twice, under two namespaces.",
        "long": "At most {maximum} fields are expected.",
    }

    def to_internal_value(self, data: object) -> dict[str, Any]:
        """The map without namespaces (`:customer/id`) and with its id as text, or an error."""
        if not isinstance(data, dict):
            self.fail("map")
        if len(data) > MAXIMUM_FIELDS:
            self.fail("long", maximum=MAXIMUM_FIELDS)
        fields = {without_namespace(name): value for name, value in data.items()}
        if len(fields) < len(data):
            self.fail("twice")
        try:
            identifier = CustomerIdField().run_validation(fields.get("id", empty))
        except serializers.ValidationError as error:
            if error.get_codes() == ["nobody"]:
                raise
            self.fail("id")
        return {**fields, "id": identifier}


class CustomerIn(RequestBody):
    """The body of a create or update."""

    app_token = IdentifierField()
    customer = CustomerMember()


class CustomerOut(serializers.Serializer[Any]):
    """The answer: the customer's id."""

    customer_id = serializers.CharField()


class SubscriptionIn(RequestBody):
    """The body of a push subscription."""

    app_token = IdentifierField()
    reg_token = TextField(maximum=MAXIMUM_TOKEN)
    customer_id = CustomerIdField()
    platform = TextField()
