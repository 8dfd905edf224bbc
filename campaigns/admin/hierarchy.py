"""The four levels that operators edit."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path

from campaigns.admin.explanation import explanation_page
from campaigns.admin.levels import LevelAdmin
from campaigns.models import AdBundle, AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.services.campaigns import delete_campaign
from campaigns.services.groups import delete_group
from campaigns.services.line_items import delete_line_item
from campaigns.services.units import delete_unit


@admin.register(AdCampaign)
class AdCampaignAdmin(LevelAdmin[AdCampaign]):
    """Campaigns."""

    list_display = ["name", "organization", "status", "starts_at", "ends_at", "priority"]

    def get_urls(self) -> list[Any]:
        """The page that explains decisions, beside the campaign's own."""
        why = path(
            "<int:object_id>/explain/",
            self.admin_site.admin_view(explanation_page),
            name="campaigns_adcampaign_explain",
        )
        return [why, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: AdCampaign, form: Any, change: bool) -> None:  # noqa: FBT001
        """A campaign always has its bundle."""
        super().save_model(request, obj, form, change)
        AdBundle.objects.get_or_create(campaign=obj, defaults={"organization": obj.organization})

    def soft_delete(self, level: AdCampaign, now: datetime) -> None:
        """Delete the campaign."""
        delete_campaign(organization=level.organization, campaign_id=level.pk, now=now)


@admin.register(AdLineItem)
class AdLineItemAdmin(LevelAdmin[AdLineItem]):
    """Containers."""

    list_display = ["name", "campaign", "status", "starts_at", "ends_at"]
    exclude = ["organization"]
    autocomplete_fields = ["campaign"]
    parent = "campaign"

    def soft_delete(self, level: AdLineItem, now: datetime) -> None:
        """Delete the container."""
        delete_line_item(organization=level.organization, line_item_id=level.pk, now=now)


@admin.register(AdGroup)
class AdGroupAdmin(LevelAdmin[AdGroup]):
    """Creative groups."""

    list_display = ["name", "line_item", "status", "starts_at", "ends_at"]
    exclude = ["organization"]
    autocomplete_fields = ["line_item"]
    parent = "line_item"

    def soft_delete(self, level: AdGroup, now: datetime) -> None:
        """Delete the group."""
        delete_group(organization=level.organization, group_id=level.pk, now=now)


@admin.register(AdUnit)
class AdUnitAdmin(LevelAdmin[AdUnit]):
    """Creatives."""

    list_display = ["name", "group", "ad_type", "delivery_method", "status", "scheduled_delivery_date"]
    list_filter = [*LevelAdmin.list_filter, "ad_type", "delivery_method"]
    exclude = ["organization"]
    autocomplete_fields = ["group", "application", "achievement"]
    parent = "group"

    def soft_delete(self, level: AdUnit, now: datetime) -> None:
        """Delete the creative."""
        delete_unit(organization=level.organization, unit_id=level.pk, now=now)
