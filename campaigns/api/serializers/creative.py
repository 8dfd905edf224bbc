"""Creatives on the wire (contract 1, Managing Creatives): the message object stands under its `ad_type`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from campaigns.api.fields import (
    MAXIMUM_ID,
    AnswerSerializer,
    Instant,
    OneOf,
    StrictInteger,
    StrictList,
    StrictSerializer,
    StrictString,
)
from campaigns.api.instants import format_instant_in_message
from campaigns.models import AdUnit
from campaigns.models.ad_type import AdType, CreativeType, DeliveryMethod
from campaigns.models.creative import MAXIMUM_DESCRIPTION, MAXIMUM_OFFERS
from campaigns.models.level import Status


class MessageIn(StrictSerializer):
    """The message object (Request Attributes for Issue Audience CSV): the same members for every `ad_type`."""

    delivery_method = OneOf(DeliveryMethod.values)
    scheduled_delivery_date = Instant(required=False, allow_null=True)
    achievement_id = StrictInteger(required=False, allow_null=True, minimum=1, maximum=MAXIMUM_ID)
    template_id = StrictString(required=False, allow_null=True)
    lateness_window = StrictInteger(required=False, allow_null=True)
    issue_offer_date = Instant(required=False, allow_null=True)
    next_ad_type = StrictString(required=False, allow_null=True)
    offer_ids = StrictList(
        required=False, allow_null=True, allow_empty=True, child=StrictString(), maximum=MAXIMUM_OFFERS
    )
    orientation = StrictString(required=False, allow_null=True)
    portal_description = StrictString(required=False, allow_null=True, max_length=MAXIMUM_DESCRIPTION)
    portal_icon = StrictString(required=False, allow_null=True, max_length=2048)
    second_sn_audience_guid = StrictString(required=False, allow_null=True)
    trigger_type = StrictString(required=False, allow_null=True)


class CreativeIn(StrictSerializer):
    """The object `creative` of a create or an update; `creative_in` adds the message object."""

    ad_type = OneOf(AdType.values)
    application_id = StrictInteger(required=False, minimum=1, maximum=MAXIMUM_ID)
    creative_type = OneOf(CreativeType.values)
    name = StrictString()
    status = OneOf(Status.values)
    ssap_name = StrictString(required=False, allow_null=True)


CREATIVE_IN: Mapping[str, type[CreativeIn]] = {
    ad_type: type(f"CreativeIn_{ad_type}", (CreativeIn,), {ad_type: MessageIn()}) for ad_type in AdType.values
}
# Without a usable `ad_type` no message object is unknown: what is wrong is the `ad_type`, and only that is told.
UNTYPED_IN: type[CreativeIn] = type(
    "CreativeIn_untyped", (CreativeIn,), {ad_type: MessageIn(required=False) for ad_type in AdType.values}
)


def creative_in(body: Mapping[str, object], ad_type: str = "") -> type[CreativeIn]:
    """The serializer for a request's body: its message object stands under the body's `ad_type`, else `ad_type`."""
    creative = body.get("creative")
    named = creative.get("ad_type", ad_type) if isinstance(creative, dict) else ad_type
    return CREATIVE_IN.get(named, UNTYPED_IN) if isinstance(named, str) else UNTYPED_IN


def flatten(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The creative's attributes and those of its message side by side, as the core keeps them."""
    flat = {name: value for name, value in attributes.items() if name not in CREATIVE_IN}
    for ad_type in CREATIVE_IN.keys() & attributes.keys():
        flat |= attributes[ad_type]
    if "offer_ids" in flat and flat["offer_ids"] is None:
        flat["offer_ids"] = []
    return flat


class MessageOut(AnswerSerializer):
    """Response Attributes for Messaging Platform: scheduling options, or the behavior that triggers the message."""

    delivery_method = serializers.ChoiceField(choices=DeliveryMethod.values)
    achievement_id = serializers.IntegerField(required=False)
    issue_offer_date = serializers.DateTimeField(allow_null=True)
    lateness_window = serializers.IntegerField(required=False)
    next_ad_type = serializers.CharField(allow_null=True)
    offer_ids = serializers.ListField(child=serializers.CharField())
    orientation = serializers.CharField(allow_null=True)
    portal_description = serializers.CharField(allow_null=True)
    portal_icon = serializers.CharField(allow_null=True)
    scheduled_delivery_date = serializers.DateTimeField(required=False)
    second_sn_audience_guid = serializers.CharField(allow_null=True)
    template_id = serializers.CharField(allow_null=True)
    trigger_type = serializers.CharField(allow_null=True)

    def to_representation(self, creative: AdUnit) -> dict[str, object]:
        """The message object of a creative."""
        answer: dict[str, object] = {
            "delivery_method": creative.delivery_method,
            "issue_offer_date": _moment(creative.issue_offer_date),
            "next_ad_type": creative.next_ad_type,
            "offer_ids": creative.offer_ids,
            "orientation": creative.orientation,
            "portal_description": creative.portal_description,
            "portal_icon": creative.portal_icon,
        }
        if creative.delivery_method == DeliveryMethod.SCHEDULED:
            answer["scheduled_delivery_date"] = _moment(creative.scheduled_delivery_date)
        else:
            answer["achievement_id"] = creative.achievement_id
        if creative.lateness_window is not None:
            answer["lateness_window"] = creative.lateness_window
        return answer | {
            "second_sn_audience_guid": creative.second_sn_audience_guid and str(creative.second_sn_audience_guid),
            "template_id": creative.template_id,
            "trigger_type": creative.trigger_type,
        }


class CreativeOut(AnswerSerializer):
    """Response Attributes for Creatives; the message object stands under the key of the creative's `ad_type`."""

    ad_type = serializers.ChoiceField(choices=AdType.values)
    application_id = serializers.IntegerField()
    creative_group_id = serializers.IntegerField()
    creative_type = serializers.ChoiceField(choices=CreativeType.values)
    id = serializers.IntegerField()
    issue_audience_csv = MessageOut(required=False)
    issue_audience_csv_no_msg = MessageOut(required=False)
    issue_bulk_offer = MessageOut(required=False)
    audience_export = MessageOut(required=False)
    messaging_platform = MessageOut(required=False)
    email_message = MessageOut(required=False)
    push_message = MessageOut(required=False)
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.values)
    ssap_name = serializers.CharField(required=False)

    def to_representation(self, creative: AdUnit) -> dict[str, object]:
        """The creative as the contract writes it."""
        answer: dict[str, object] = {
            "ad_type": creative.ad_type,
            "application_id": creative.application_id,
            "creative_group_id": creative.creative_group_id,
            "creative_type": creative.creative_type,
            "id": creative.id,
            creative.ad_type: MessageOut().to_representation(creative),
            "name": creative.name,
            "status": creative.status,
        }
        return answer | {"ssap_name": creative.ssap_name} if creative.ssap_name is not None else answer


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant_in_message(moment)
