"""Creative groups on the wire (contract 1, Managing Creative Groups)."""

from typing import Any

from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer, Anything, Instant, OneOf, StrictSerializer, StrictString
from campaigns.api.instants import format_instant
from campaigns.api.serializers.campaign import TargetOut
from campaigns.models.level import Status


class CreativeGroupIn(StrictSerializer):
    """The object `creative_group` of a create or an update."""

    name = StrictString()
    status = OneOf(Status.values)
    starts_at = Instant()
    ends_at = Instant()
    display_name = StrictString(required=False, allow_null=True)
    targets = Anything(required=False)


class CreativeGroupOut(AnswerSerializer):
    """Response Attributes for Creative Groups; `targets` (ours) where there are some."""

    ends_at = serializers.DateTimeField()
    id = serializers.IntegerField()
    line_item_id = serializers.IntegerField()
    name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=Status.values)
    display_name = serializers.CharField(required=False)
    targets = TargetOut(many=True, required=False)

    def to_representation(self, group: Any) -> dict[str, object]:
        """The group as the contract writes it; it comes from `campaigns.hierarchy.creative_groups`."""
        answer = {
            "ends_at": format_instant(group.ends_at),
            "id": group.id,
            "line_item_id": group.line_item_id,
            "name": group.name,
            "starts_at": format_instant(group.starts_at),
            "status": group.status,
        }
        if group.display_name is not None:
            answer["display_name"] = group.display_name
        if group.group_targets:
            answer["targets"] = group.group_targets
        return answer
