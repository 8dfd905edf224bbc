"""The steps of a funnel on the wire (contract 3, Funnel steps; contract 4, section C)."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traces.wire.fields import IdentifierField, RawField
from traces.wire.members import RequestBody, without_namespace

MAXIMUM_FIELDS = 100
DIGITS = 19
LONGEST_NAME = 255


@extend_schema_field({"oneOf": [{"type": "integer", "format": "int64"}, {"type": "string"}]})
class CampaignId(RawField):
    """A campaign's id, an integer or one as text; or its name, where that is unique (contract 5, "business-event")."""

    default_error_messages = {
        "number": "An integer, or the name of a campaign, is expected.",
        "required": "This field is required.",
        "null": "This field is required.",
    }

    def to_internal_value(self, data: object) -> int | str:
        """The number, the name, or an error."""
        text = "" if isinstance(data, bool) or not isinstance(data, int | str) else str(data)
        if text.isascii() and text.isdigit() and len(text) <= DIGITS:
            return int(text)
        if not isinstance(data, str) or not data.strip() or len(data) > LONGEST_NAME:
            self.fail("number")
        return data


@extend_schema_field(OpenApiTypes.OBJECT)
class StepData(RawField):
    """A map from field names to values; absent or null where the current step is asked for."""

    default_error_messages = {
        "map": "A map from field names to values is expected.",
        "long": "At most {maximum} fields are expected.",
        "twice": "{name} stands twice.",
    }

    def to_internal_value(self, data: object) -> dict[str, object]:
        """The map, its names without a namespace, or an error."""
        if not isinstance(data, dict):
            self.fail("map")
        if len(data) > MAXIMUM_FIELDS:
            self.fail("long", maximum=MAXIMUM_FIELDS)
        fields: dict[str, object] = {}
        for key, value in data.items():
            name = without_namespace(key)
            if name in fields:
                self.fail("twice", name=name)
            fields[name] = value
        return fields


class AdvanceFunnelIn(RequestBody):
    """The body: without step-data it asks for the current step, with it for the next one."""

    trail_id = IdentifierField()
    campaign_id = CampaignId()
    tracking_token = IdentifierField()
    step_data = StepData(required=False, allow_null=True, default=None)
    step_id = IdentifierField(required=False, allow_null=True, default=None)


class AdvanceFunnelOut(serializers.Serializer[object]):
    """The answer: a step and how to show it."""

    type = serializers.ChoiceField(choices=["message", "data-capture", "redirect", "end"])
    config = serializers.DictField()
