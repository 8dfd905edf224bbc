"""Spend limits the way the textbooks do: updated row by row (get, validate, save), read as models; same base view."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from campaigns.models import SpendLimit
from marketing_solutions.api.base import MarketingSolutionsView
from marketing_solutions.api.errors import problem
from marketing_solutions.models import AdvertiserCampaign


class SpendLimitSerializer(serializers.ModelSerializer[SpendLimit]):
    """A limit under the wire's names; an amount of a decimal with two places, more than 0."""

    spendLimitType = serializers.ChoiceField(source="type", choices=["capped", "uncapped"])  # noqa: N815
    spendLimitRenewal = serializers.ChoiceField(source="renewal", choices=["daily", "monthly", "lifetime"])  # noqa: N815
    spendLimitAmount = serializers.DecimalField(  # noqa: N815
        source="amount", max_digits=12, decimal_places=2, min_value=Decimal("0.01")
    )

    class Meta:
        model = SpendLimit
        fields = ["spendLimitType", "spendLimitRenewal", "spendLimitAmount"]


class NaiveSearch(MarketingSolutionsView):
    """The same answer as a search without filters: models, all of them in memory, then all of the text."""

    def post(self, _request: Any, **_: object) -> HttpResponse:
        """The whole portfolio."""
        links = AdvertiserCampaign.objects.filter(
            advertiser__portfolios__application=self.application, campaign__deleted_at__isnull=True
        ).select_related("campaign", "campaign__spend_limit")
        data = [
            {
                "type": "Campaign",
                "id": str(link.campaign_id),
                "attributes": {
                    "name": link.campaign.name,
                    "advertiserId": link.advertiser_id,
                    "goal": link.goal.capitalize(),
                    "spendLimit": SpendLimitSerializer(link.campaign.spend_limit).data
                    | {"spendLimitAmount": float(link.campaign.spend_limit.amount or 0)},
                },
            }
            for link in links.order_by("campaign_id")
        ]
        return self.answer({"data": data, "errors": []})


class NaiveCampaigns(MarketingSolutionsView):
    """The same codes in the same places as the product's own, for good and bad amounts.

    It is spared what would cost it more: features, the ledger, locks, one transaction.
    """

    def patch(self, request: Any, **_: object) -> HttpResponse:
        """One row after the other."""
        data: list[Any] = []
        errors: list[Any] = []
        body: Any = self.body()
        for index, entry in enumerate(body["data"]):
            limits = SpendLimit.objects.filter(
                campaign__deleted_at__isnull=True,
                campaign__advertiser_campaign__advertiser__portfolios__application=self.application,
            )
            limit = get_object_or_404(limits, campaign_id=entry["id"])
            serializer = SpendLimitSerializer(limit, data=entry["attributes"]["spendLimit"], partial=True)
            if serializer.is_valid():
                serializer.save()
                data.append({"type": "Campaign", "id": entry["id"]})
            else:
                code, instance = "campaign--campaign-update-check--validation-failed-on-spend-limit", f"@data/{index}"
                errors.append(
                    problem(request._request, kind="validation", code=code, detail="Wrong.", instance=instance)
                )
        return self.answer({"data": data, "errors": errors, "warnings": []})
