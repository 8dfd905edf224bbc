"""Containers on the wire (contract 1, Managing Containers for Creative Groups)."""

from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer, Instant, OneOf, StrictSerializer, StrictString
from campaigns.api.instants import OFFSET_FORM, format_instant
from campaigns.models import AdLineItem
from campaigns.models.level import Status
from campaigns.models.line_item import MAXIMUM_DESCRIPTION


class LineItemIn(StrictSerializer):
    """The object `line_item` of a create or an update."""

    name = StrictString()
    starts_at = Instant()
    ends_at = Instant()
    status = OneOf(Status.values)
    display_name = StrictString(required=False, allow_null=True)
    description = StrictString(required=False, allow_null=True, max_length=MAXIMUM_DESCRIPTION)


class LineItemOut(AnswerSerializer):
    """Response Attributes for Line Items.

    The contract's answer to an update gives times back in the form `2020-08-13 15:52:33 -0400` of the request; the
    context's `sent` (the request's object) makes it so.
    """

    campaign_id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.values)
    display_name = serializers.CharField(required=False)
    description = serializers.CharField(required=False)

    def to_representation(self, line_item: AdLineItem) -> dict[str, object]:
        """The container as the contract writes it."""
        answer: dict[str, object] = {
            "campaign_id": line_item.campaign_id,
            "starts_at": format_instant(line_item.starts_at),
            "ends_at": format_instant(line_item.ends_at),
            "id": line_item.id,
            "name": line_item.name,
            "status": line_item.status,
        }
        for name in ("display_name", "description"):
            if getattr(line_item, name) is not None:
                answer[name] = getattr(line_item, name)
        for name in ("starts_at", "ends_at"):
            sent = self.context.get("sent", {}).get(name, "")
            if OFFSET_FORM.fullmatch(sent):
                answer[name] = sent
        return answer
