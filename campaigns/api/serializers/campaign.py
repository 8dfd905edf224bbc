"""Campaigns on the wire (contract 1, Updating Campaigns; contract 4, section A)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from rest_framework import serializers

from campaigns.api.fields import (
    AnswerSerializer,
    Anything,
    Instant,
    OneOf,
    Price,
    StrictInteger,
    StrictSerializer,
    StrictString,
)
from campaigns.api.instants import format_instant
from campaigns.hierarchy.campaigns import CampaignRow
from campaigns.models.campaign import MAXIMUM_PERCENT, permalink_form
from campaigns.models.frequency import FrequencyPeriod, FrequencyUnit
from campaigns.models.level import Status

# Rows of lists whose JSON one process keeps; each takes one to two KB.
MAXIMUM_KEPT = 5_000


class CampaignIn(StrictSerializer):
    """The object `campaign` of a create or an update."""

    name = StrictString()
    starts_at = Instant()
    ends_at = Instant()
    status = OneOf(Status.values, required=False)
    permalink = StrictString(required=False, validators=[permalink_form])
    owner = StrictString(required=False, allow_null=True)
    category = StrictString(required=False, allow_null=True)
    priority = StrictInteger(required=False, minimum=-(2**31))
    targets = Anything(required=False)
    group = StrictString(required=False, allow_null=True, source="group_name")
    frequency_cap = StrictInteger(required=False, allow_null=True, minimum=1)
    frequency_unit = OneOf(FrequencyUnit.values, required=False, allow_null=True)
    frequency_period = OneOf(FrequencyPeriod.values, required=False, allow_null=True)
    holdout_percent = StrictInteger(required=False, maximum=MAXIMUM_PERCENT)
    price_per_impression = Price(required=False, allow_null=True)
    price_per_conversion = Price(required=False, allow_null=True)


class TargetOut(AnswerSerializer):
    """One target (contract 4, "targets")."""

    attribute = serializers.CharField()
    operator = serializers.CharField()
    values = serializers.ListField()


class BundleOut(AnswerSerializer):
    """A campaign's own targeting."""

    id = serializers.IntegerField()
    targets = TargetOut(many=True)


class CampaignOut(AnswerSerializer):
    """Response Attributes for Campaign (contract 4)."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.values)
    permalink = serializers.CharField()
    owner = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    ad_bundle = BundleOut()
    priority = serializers.IntegerField(required=False)
    group = serializers.CharField(required=False)
    frequency_cap = serializers.IntegerField(required=False)
    frequency_unit = serializers.ChoiceField(choices=FrequencyUnit.values, required=False)
    frequency_period = serializers.ChoiceField(choices=FrequencyPeriod.values, required=False)
    holdout_percent = serializers.IntegerField(required=False)
    price_per_impression = serializers.CharField(required=False)
    price_per_conversion = serializers.CharField(required=False)

    def to_representation(self, campaign: Any) -> dict[str, object]:
        """The campaign as the contract writes it; it comes from `campaigns.hierarchy.campaigns`."""
        answer = {
            "id": campaign.id,
            "name": campaign.name,
            "status": campaign.status,
            "permalink": campaign.permalink,
            "owner": campaign.owner,
            "category": campaign.category,
            "starts_at": format_instant(campaign.starts_at),
            "ends_at": format_instant(campaign.ends_at),
            "created_at": format_instant(campaign.created_at),
            "updated_at": format_instant(campaign.updated_at),
            "ad_bundle": {"id": campaign.bundle_id, "targets": campaign.targets},
        }
        return answer | {name: value for name, value in _our_own(campaign) if value}


def _our_own(campaign: Any) -> Iterator[tuple[str, object]]:
    """Members that the contract doesn't list; each is shown where it is set (docs/decisions/0004)."""
    yield "priority", campaign.priority
    yield "group", campaign.group_name
    yield "frequency_cap", campaign.frequency_cap
    yield "frequency_unit", campaign.frequency_unit
    yield "frequency_period", campaign.frequency_period
    yield "holdout_percent", campaign.holdout_percent
    for name in ("price_per_impression", "price_per_conversion"):
        price = getattr(campaign, name)
        yield name, None if price is None else f"{price.normalize():f}"


@lru_cache(maxsize=MAXIMUM_KEPT)
def rendered(row: CampaignRow) -> orjson.Fragment:
    """The JSON of a row: it depends on nothing but the row, so a row that was shown before is not rendered again."""
    return orjson.Fragment(orjson.dumps(CampaignOut(row).data))


class CreativeNode(AnswerSerializer):
    """A creative in the navigation."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.CharField()


class DatedNode(CreativeNode):
    """What every dated level shows in the navigation."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class GroupNode(DatedNode):
    """A creative group in the navigation."""

    creatives = CreativeNode(many=True)


class LineItemNode(DatedNode):
    """A container in the navigation."""

    creative_groups = GroupNode(many=True)


class NavigationOut(DatedNode):
    """A campaign's whole hierarchy (contract 1, Get a Complete Hierarchy for a Campaign)."""

    line_items = LineItemNode(many=True)

    def to_representation(self, tree: Any) -> dict[str, Any]:
        """The core's tree under this dialect's names."""
        for line_item in tree["line_items"]:
            groups = line_item["creative_groups"] = line_item.pop("groups")
            for group in groups:
                group["creatives"] = group.pop("creatives")
        answer: dict[str, Any] = tree
        return answer
