"""The four levels that operators edit."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import path

from campaigns.admin.explanation import explanation_page
from campaigns.admin.levels import LevelAdmin, LevelForm
from campaigns.hierarchy.campaigns import create_campaign, delete_campaign, update_campaign
from campaigns.hierarchy.creative_groups import create_group, delete_group, update_group
from campaigns.hierarchy.creatives import create_creative, delete_creative, update_creative
from campaigns.hierarchy.line_items import create_line_item, delete_line_item, update_line_item
from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.creative import MAXIMUM_OFFERS
from customers.models import Organization


class CampaignForm(LevelForm):
    """The permalink of a new campaign is optional."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.is_new and "permalink" in self.fields:
            self.fields["permalink"].required = False

    def clean_permalink(self) -> str | None:
        """None is generated."""
        return self.cleaned_data["permalink"] or None


@admin.register(AdCampaign)
class AdCampaignAdmin(LevelAdmin[AdCampaign]):
    """Campaigns."""

    form = CampaignForm
    list_display = ["name", "organization", "status", "starts_at", "ends_at", "priority"]
    list_select_related = ["organization"]

    def get_urls(self) -> list[Any]:
        """The page that explains decisions, beside the campaign's own."""
        why = path(
            "<int:object_id>/explain/",
            self.admin_site.admin_view(explanation_page),
            name="campaigns_adcampaign_explain",
        )
        return [why, *super().get_urls()]

    def create_level(self, organization: Organization, values: dict[str, object]) -> AdCampaign:
        """Make the campaign with its bundle."""
        return create_campaign(organization=organization, attributes=values)

    def update_level(self, level: AdCampaign, changes: dict[str, object]) -> None:
        """Change the campaign."""
        update_campaign(organization=level.organization, campaign_id=level.pk, changes=changes)

    def delete_level(self, level: AdCampaign, now: datetime) -> None:
        """Delete the campaign."""
        delete_campaign(organization=level.organization, campaign_id=level.pk, now=now)


@admin.register(AdLineItem)
class AdLineItemAdmin(LevelAdmin[AdLineItem]):
    """Containers."""

    list_display = ["name", "campaign", "status", "starts_at", "ends_at"]
    list_select_related = ["campaign"]
    autocomplete_fields = ["campaign"]
    fixed = ["campaign"]

    def create_level(self, organization: Organization, values: dict[str, Any]) -> AdLineItem:
        """Create the container of a campaign."""
        campaign = values.pop("campaign")
        return create_line_item(organization=organization, campaign_id=campaign.pk, attributes=values)

    def update_level(self, level: AdLineItem, changes: dict[str, object]) -> None:
        """Change the container."""
        update_line_item(organization=level.organization, line_item_id=level.pk, changes=changes)

    def delete_level(self, level: AdLineItem, now: datetime) -> None:
        """Delete the container."""
        delete_line_item(organization=level.organization, line_item_id=level.pk, now=now)


@admin.register(AdGroup)
class AdGroupAdmin(LevelAdmin[AdGroup]):
    """Creative groups."""

    list_display = ["name", "line_item", "status", "starts_at", "ends_at"]
    list_select_related = ["line_item"]
    autocomplete_fields = ["line_item"]
    fixed = ["line_item"]

    def create_level(self, organization: Organization, values: dict[str, Any]) -> AdGroup:
        """Make a group of a container."""
        line_item = values.pop("line_item")
        return create_group(organization=organization, line_item_id=line_item.pk, attributes=values)

    def update_level(self, level: AdGroup, changes: dict[str, object]) -> None:
        """Change the group."""
        update_group(organization=level.organization, group_id=level.pk, changes=changes)

    def delete_level(self, level: AdGroup, now: datetime) -> None:
        """Delete the group."""
        delete_group(organization=level.organization, group_id=level.pk, now=now)


class CreativeForm(LevelForm):
    """A creative refers to offers by their guids."""

    def clean_offer_ids(self) -> list[str]:
        """As many as the dialects take."""
        guids: list[str] = list(dict.fromkeys(self.cleaned_data["offer_ids"] or ()))
        if len(guids) > MAXIMUM_OFFERS:
            raise ValidationError(f"At most {MAXIMUM_OFFERS} offers are possible.")
        return guids


@admin.register(AdUnit)
class AdUnitAdmin(LevelAdmin[AdUnit]):
    """Creatives."""

    form = CreativeForm
    list_display = ["name", "creative_group", "ad_type", "delivery_method", "status", "scheduled_delivery_date"]
    list_filter = [*LevelAdmin.list_filter, "ad_type", "delivery_method"]
    list_select_related = ["creative_group"]
    autocomplete_fields = ["creative_group", "application", "achievement"]
    fixed = ["creative_group"]

    def create_level(self, organization: Organization, values: dict[str, Any]) -> AdUnit:
        """Create the creative of a group."""
        group, application = values.pop("creative_group"), values.pop("application")
        return create_creative(
            organization=organization, application=application, group_id=group.pk, attributes=_by_ids(values)
        )

    def update_level(self, level: AdUnit, changes: dict[str, object]) -> None:
        """Change the creative."""
        update_creative(organization=level.organization, creative_id=level.pk, changes=_by_ids(changes))

    def delete_level(self, level: AdUnit, now: datetime) -> None:
        """Delete the creative."""
        delete_creative(organization=level.organization, creative_id=level.pk, now=now)


def _by_ids(values: dict[str, Any]) -> dict[str, Any]:
    """The rows by their ids, as in the dialects."""
    rows = {name: values.pop(name) for name in ("achievement", "application") if name in values}
    return values | {f"{name}_id": row and row.pk for name, row in rows.items()}
