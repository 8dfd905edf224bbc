"""Campaigns of one customer on the wire, version 2 (contract 1, Performing Campaign Domain Actions).

Times are in the form of the contract's sample, `2018-12-31 10:33:20`, in UTC.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer, StrictSerializer, StrictString
from campaigns.api.serializers.behavior import BehaviorOut, listed
from campaigns.api.serializers.offer import IssuedOfferMembers
from campaigns.behaviors.progress import BehaviorProgress
from campaigns.models import AdUnit, Offer
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.level import Status
from campaigns.models.offer import IssuedOfferState
from campaigns.user_campaigns.find import CustomerCampaign, Section


class PerformIn(StrictSerializer):
    """Request Attributes for Domain."""

    domain = StrictString()


class GoalProgressOut(AnswerSerializer):
    """How far the customer has come with a goal."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    count = serializers.FloatField(help_text="Events, days in a row, or money where the goal counts that.")
    event_count = serializers.IntegerField()
    completed = serializers.BooleanField()
    next_countable_at = serializers.CharField(allow_null=True)


class ProgressOut(AnswerSerializer):
    """How far the customer has come with a behavior."""

    behavior_id = serializers.IntegerField()
    name = serializers.CharField()
    times_earned = serializers.IntegerField()
    completed = serializers.BooleanField()
    goals = GoalProgressOut(many=True)


class RedemptionOut(IssuedOfferMembers):
    """An offer that the customer was given; `id` is what is redeemed."""

    issued_at = serializers.CharField()
    expires_at = serializers.CharField(allow_null=True)
    redeemed_at = serializers.CharField(allow_null=True)

    @staticmethod
    def written(moment: datetime | None) -> str | None:
        """`2018-12-31 10:33:20`."""
        return _moment(moment)


class DealOut(AnswerSerializer):
    """An offer that the campaign's behaviors give, and what the customer was given of it."""

    id = serializers.IntegerField()
    guid = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    points = serializers.IntegerField(allow_null=True)
    starts_at = serializers.CharField(allow_null=True)
    ends_at = serializers.CharField(allow_null=True)
    issued = RedemptionOut(many=True)


class PromotionOut(AnswerSerializer):
    """The message of a live creative."""

    creative_id = serializers.IntegerField()
    name = serializers.CharField()
    ad_type = serializers.ChoiceField(choices=AdType.values)
    creative_type = serializers.ChoiceField(choices=CreativeType.values)
    template_id = serializers.CharField(allow_null=True)
    offer_ids = serializers.ListField(child=serializers.CharField())


class TileOut(AnswerSerializer):
    """What an activity feed shows of a live creative."""

    creative_id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    icon = serializers.CharField(allow_null=True)
    orientation = serializers.CharField(allow_null=True)


class CreativesOut(AnswerSerializer):
    """The kinds that were asked for and are available."""

    promotion = PromotionOut(many=True, required=False)
    tile = TileOut(many=True, required=False)


class UserCampaignOut(AnswerSerializer):
    """The campaign as it stands for a customer; the context has `now`, `sections` and `creatives`."""

    campaign_id = serializers.IntegerField()
    campaign_permalink = serializers.CharField()
    ends_at = serializers.CharField()
    name = serializers.CharField()
    qualified = serializers.BooleanField()
    starts_at = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.values)
    progress = ProgressOut(many=True, required=False)
    behaviors = BehaviorOut(many=True, required=False)
    offers = DealOut(many=True, required=False)
    redemptions = RedemptionOut(many=True, required=False)
    creatives = CreativesOut(required=False)

    def to_representation(self, found: CustomerCampaign) -> dict[str, object]:
        """The contract's members, then the sections that were asked for."""
        campaign, status = found.campaign, found.status
        answer: dict[str, object] = {
            "campaign_id": campaign.pk,
            "campaign_permalink": campaign.permalink,
            "ends_at": _moment(campaign.ends_at),
            "name": campaign.name,
            "qualified": status.is_qualified,
            "starts_at": _moment(campaign.starts_at),
            "status": Status.COMPLETED.value if status.is_completed else campaign.status,
        }
        sections = self.context["sections"]
        return answer | {name: value for name, value in self._sections(found) if name in sections}

    def _sections(self, found: CustomerCampaign) -> Iterator[tuple[str, object]]:
        redemption = RedemptionOut(context=self.context)
        issued = [redemption.to_representation(one) for one in found.issued]
        yield Section.PROGRESS.value, [_progress(one) for one in found.status.progress]
        yield Section.BEHAVIORS.value, [row for behavior in found.behaviors for row in listed(behavior)]
        yield Section.OFFERS.value, [_deal(offer, issued) for offer in found.offers]
        yield Section.REDEMPTIONS.value, [one for one in issued if one["state"] == IssuedOfferState.REDEEMED]
        kinds = {
            "promotion": [_promotion(creative) for creative in found.creatives],
            "tile": [
                _tile(creative) for creative in found.creatives if creative.portal_description or creative.portal_icon
            ],
        }
        asked = self.context["creatives"]
        yield Section.CREATIVES.value, {kind: several for kind, several in kinds.items() if kind in asked and several}


def _progress(progress: BehaviorProgress) -> dict[str, object]:
    return {
        "behavior_id": progress.behavior_id,
        "name": progress.name,
        "times_earned": progress.times_earned,
        "completed": progress.completed,
        "goals": [
            {
                "id": goal.id,
                "name": goal.name,
                "count": float(goal.count) if isinstance(goal.count, Decimal) else goal.count,
                "event_count": goal.event_count,
                "completed": goal.completed,
                "next_countable_at": _moment(goal.next_countable_at),
            }
            for goal in progress.goals
        ],
    }


def _deal(offer: Offer, issued: list[dict[str, object]]) -> dict[str, object]:
    return {
        "id": offer.pk,
        "guid": offer.guid,
        "name": offer.name,
        "description": offer.description,
        "points": offer.points,
        "starts_at": _moment(offer.starts_at),
        "ends_at": _moment(offer.ends_at),
        "issued": [one for one in issued if one["offer_id"] == offer.pk],
    }


def _promotion(creative: AdUnit) -> dict[str, object]:
    return {
        "creative_id": creative.pk,
        "name": creative.name,
        "ad_type": creative.ad_type,
        "creative_type": creative.creative_type,
        "template_id": creative.template_id,
        "offer_ids": creative.offer_ids,
    }


def _tile(creative: AdUnit) -> dict[str, object]:
    return {
        "creative_id": creative.pk,
        "name": creative.name,
        "description": creative.portal_description,
        "icon": creative.portal_icon,
        "orientation": creative.orientation,
    }


def _moment(moment: datetime | None) -> str | None:
    """`2018-12-31 10:33:20`; the core's times are UTC."""
    return None if moment is None else moment.isoformat(" ")[:19]
