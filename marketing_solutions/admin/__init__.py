"""The admin of whose campaigns are bought for, and by whom."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from marketing_solutions.models import Advertiser, AdvertiserCampaign, Portfolio
from marketing_solutions.models.advertiser import Feature
from marketing_solutions.services.campaigns import assign_advertiser


class AdvertiserForm(forms.ModelForm[Advertiser]):
    """Features are ticked."""

    features = forms.MultipleChoiceField(choices=Feature.choices, required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Advertiser
        fields = ["organization", "name", "currency", "features"]


@admin.register(Advertiser)
class AdvertiserAdmin(admin.ModelAdmin[Advertiser]):
    """The brands."""

    form = AdvertiserForm
    list_display = ["name", "organization", "currency", "features", "created_at"]
    list_filter = ["organization"]
    search_fields = ["name"]


class PortfolioForm(forms.ModelForm[Portfolio]):
    """Application and advertiser are of one organization."""

    class Meta:
        model = Portfolio
        fields = ["application", "advertiser", "may_manage"]

    def clean(self) -> dict[str, Any]:
        """Refuse an advertiser of somebody else."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        application, advertiser = cleaned.get("application"), cleaned.get("advertiser")
        if application and advertiser:
            if application.organization_id != advertiser.organization_id:
                raise ValidationError("The application and the advertiser belong to different organizations.")
            self.instance.organization = advertiser.organization
        return cleaned


@admin.register(Portfolio)
class PortfolioAdmin(admin.ModelAdmin[Portfolio]):
    """Which applications see and manage which advertisers."""

    form = PortfolioForm
    list_display = ["application", "advertiser", "may_manage"]
    list_filter = ["may_manage", "organization"]
    search_fields = ["application__name", "advertiser__name"]
    autocomplete_fields = ["application", "advertiser"]


class AdvertiserCampaignForm(forms.ModelForm[AdvertiserCampaign]):
    """Campaign and advertiser are of one organization."""

    class Meta:
        model = AdvertiserCampaign
        fields = ["campaign", "advertiser", "goal"]

    def clean(self) -> dict[str, Any]:
        """Refuse an advertiser of somebody else."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        campaign = cleaned.get("campaign") or (self.instance.campaign if self.instance.pk else None)
        advertiser = cleaned.get("advertiser")
        if campaign and advertiser and campaign.organization_id != advertiser.organization_id:
            raise ValidationError("The campaign and the advertiser belong to different organizations.")
        return cleaned


@admin.register(AdvertiserCampaign)
class AdvertiserCampaignAdmin(admin.ModelAdmin[AdvertiserCampaign]):
    """Gives campaigns, wherever they were made, their advertisers; limits are set under "spend limits"."""

    form = AdvertiserCampaignForm
    list_display = ["campaign", "advertiser", "goal"]
    list_filter = ["goal", "organization"]
    search_fields = ["campaign__name", "advertiser__name"]
    autocomplete_fields = ["campaign", "advertiser"]

    def get_readonly_fields(self, request: HttpRequest, obj: AdvertiserCampaign | None = None) -> list[str]:  # noqa: ARG002
        """It stays with its campaign."""
        return ["campaign"] if obj else []

    def save_model(self, request: HttpRequest, obj: AdvertiserCampaign, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Assign the advertiser as the demo does."""
        kept = assign_advertiser(
            organization=obj.campaign.organization, campaign=obj.campaign, advertiser=obj.advertiser, goal=obj.goal
        )
        obj.pk, obj.organization = kept.pk, kept.organization
