"""A campaign's navigation with `prefetch_related` and model serializers, behind the same base view."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from campaigns.api.base import ManagementView
from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit

DATED = ["id", "name", "status", "starts_at", "ends_at"]


class CreativeSerializer(serializers.ModelSerializer[AdUnit]):
    """A creative."""

    class Meta:
        model = AdUnit
        fields = ["id", "name", "status"]


class GroupSerializer(serializers.ModelSerializer[AdGroup]):
    """A creative group with its creatives."""

    creatives = CreativeSerializer(many=True)

    class Meta:
        model = AdGroup
        fields = [*DATED, "creatives"]


class LineItemSerializer(serializers.ModelSerializer[AdLineItem]):
    """A container with its creative groups."""

    creative_groups = GroupSerializer(source="groups", many=True)

    class Meta:
        model = AdLineItem
        fields = [*DATED, "creative_groups"]


class CampaignSerializer(serializers.ModelSerializer[AdCampaign]):
    """A campaign with its containers."""

    line_items = LineItemSerializer(many=True)

    class Meta:
        model = AdCampaign
        fields = [*DATED, "line_items"]


class NaiveNavigation(ManagementView):
    """The same answer as `campaigns.api.views.campaigns.Navigation`."""

    def get(self, _request: Any, campaign_id: int, **_: object) -> HttpResponse:
        """The campaign with its containers, creative groups and creatives."""
        campaigns = _living(AdCampaign.objects.filter(organization=self.organization)).prefetch_related(
            Prefetch("line_items", _living(AdLineItem.objects.all())),
            Prefetch("line_items__groups", _living(AdGroup.objects.all())),
            Prefetch("line_items__groups__creatives", _living(AdUnit.objects.all())),
        )
        campaign = get_object_or_404(campaigns, id=campaign_id)
        return self.answer(campaign=CampaignSerializer(campaign).data)


def _living(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.filter(deleted_at__isnull=True).order_by("-id")
