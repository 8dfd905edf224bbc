"""The steps of a funnel, one by one (contract 3, Funnel steps; contract 4, section C)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from customers.models.identifier import as_uuid
from funnels.funnels.advance import Advance, advance_funnel
from traces.page_owners import app_token_of_trail
from traces.wire.documentation import operation
from traces.wire.fields import IdentifierField, RawField
from traces.wire.members import without_namespace
from traces.wire.rendering import keyword
from traces.wire.views import TraceView

MAXIMUM_FIELDS = 100
DIGITS = 19


@extend_schema_field(OpenApiTypes.INT64)
class CampaignId(RawField):
    """A campaign's id: an integer, or one as text."""

    default_error_messages = {
        "number": "An integer is expected.",
        "required": "This field is required.",
        "null": "This field is required.",
    }

    def to_internal_value(self, data: Any) -> int:
        """The number, or an error."""
        text = "" if isinstance(data, bool) or not isinstance(data, int | str) else str(data)
        if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
            self.fail("number")
        return int(text)


@extend_schema_field(OpenApiTypes.OBJECT)
class StepData(RawField):
    """A map from field names to values; absent or null where the current step is asked for."""

    default_error_messages = {
        "map": "A map from field names to values is expected.",
        "long": "At most {maximum} fields are expected.",
        "twice": "{name} stands twice.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The map, its names without a namespace, or an error."""
        if not isinstance(data, dict):
            self.fail("map")
        if len(data) > MAXIMUM_FIELDS:
            self.fail("long", maximum=MAXIMUM_FIELDS)
        fields: dict[str, Any] = {}
        for key, value in data.items():
            name = without_namespace(key)
            if name in fields:
                self.fail("twice", name=name)
            fields[name] = value
        return fields


class AdvanceFunnelIn(serializers.Serializer[Any]):
    """The body: without step-data it asks for the current step, with it for the next one."""

    trail_id = IdentifierField()
    campaign_id = CampaignId()
    tracking_token = IdentifierField()
    step_data = StepData(required=False, allow_null=True, default=None)
    step_id = IdentifierField(required=False, allow_null=True, default=None)


class AdvanceFunnelOut(serializers.Serializer[Any]):
    """The answer: a step and how to show it."""

    type = serializers.ChoiceField(choices=["message", "data-capture", "redirect", "end"])
    config = serializers.DictField()


class AdvanceFunnel(TraceView):
    """Go through a campaign's funnel."""

    trail_id: UUID | None = None

    def named_application(self) -> UUID | None:
        """That of the visit's trace."""
        return app_token_of_trail(trail_id=self.trail_id)

    @operation("Begin a campaign's funnel or advance in it", request=AdvanceFunnelIn, answer=AdvanceFunnelOut)
    def post(self, _request: Any) -> HttpResponse:
        """The current step, or the next one where the current one's data is sent."""
        members = self.read(AdvanceFunnelIn)
        self.trail_id = as_uuid(members["trail_id"])
        advance = Advance(
            trail_id=self.trail_id,
            campaign_id=members["campaign_id"],
            token=as_uuid(members["tracking_token"]),
            step_data=members["step_data"],
            step_id=members["step_id"],
        )
        answer = advance_funnel(advance=advance, now=timezone.now())
        return self.answer(type=keyword(answer["type"]), config=_with_keywords(answer["config"]))


def _with_keywords(config: dict[str, Any]) -> dict[str, Any]:
    """In EDN actions are keywords (contract 4, "actions of a step")."""
    if "actions" in config:
        config["actions"] = [keyword(action) for action in config["actions"]]
    return config
