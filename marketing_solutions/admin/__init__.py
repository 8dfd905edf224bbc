"""The admin of advertisers, portfolios and the campaigns of advertisers."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import ServiceAdmin
from customers.admin.service_form import ServiceForm
from customers.models import Organization
from marketing_solutions.campaigns import assign_advertiser
from marketing_solutions.models import Advertiser, AdvertiserCampaign, Portfolio
from marketing_solutions.models.advertiser import Feature
from marketing_solutions.portfolios import delete_advertiser, save_advertiser, save_portfolio


class AdvertiserForm(ServiceForm):
    """Features as checkboxes."""

    features = forms.MultipleChoiceField(choices=Feature.choices, required=False, widget=forms.CheckboxSelectMultiple)


@admin.register(Advertiser)
class AdvertiserAdmin(ServiceAdmin[Advertiser]):
    """Advertisers."""

    form = AdvertiserForm
    fields = ["name", "currency", "features"]
    list_display = ["name", "organization", "currency", "features", "created_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["name"]

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Advertiser:
        """A new advertiser."""
        return save_advertiser(advertiser=Advertiser(organization=organization), **values)

    def change(self, row: Advertiser, changes: dict[str, Any], request: HttpRequest) -> Advertiser:
        """Change what is named."""
        return save_advertiser(advertiser=row, **changes)

    def remove(self, rows: Sequence[Advertiser]) -> None:
        """Delete advertisers that have no campaigns."""
        for advertiser in rows:
            delete_advertiser(advertiser=advertiser)


@admin.register(Portfolio)
class PortfolioAdmin(ServiceAdmin[Portfolio]):
    """Which applications see and manage which advertisers."""

    fields = ["application", "advertiser", "may_manage"]
    list_display = ["application", "advertiser", "may_manage"]
    list_filter = ["may_manage", OrganizationFilter]
    list_select_related = ["application", "advertiser"]
    search_fields = ["application__name", "advertiser__name"]
    autocomplete_fields = ["application", "advertiser"]
    fixed = ["application", "advertiser"]

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Portfolio:
        """Put an advertiser into an application's portfolio."""
        return save_portfolio(portfolio=Portfolio(organization=organization), **values)

    def change(self, row: Portfolio, changes: dict[str, Any], request: HttpRequest) -> Portfolio:
        """Grant or revoke the management of the advertiser."""
        return save_portfolio(portfolio=row, **changes)

    def remove(self, rows: Sequence[Portfolio]) -> None:
        """Take advertisers out of portfolios."""
        Portfolio.objects.filter(pk__in=[row.pk for row in rows]).delete()


@admin.register(AdvertiserCampaign)
class AdvertiserCampaignAdmin(ServiceAdmin[AdvertiserCampaign]):
    """Gives campaigns, wherever they were made, their advertisers; limits are set under "spend limits"."""

    fields = ["campaign", "advertiser", "goal"]
    list_display = ["campaign", "advertiser", "goal"]
    list_filter = ["goal", OrganizationFilter]
    list_select_related = ["campaign", "advertiser"]
    search_fields = ["campaign__name", "advertiser__name"]
    autocomplete_fields = ["campaign", "advertiser"]
    fixed = ["campaign"]

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> AdvertiserCampaign:
        """Assign an advertiser."""
        return assign_advertiser(organization=organization, **values)

    def change(self, row: AdvertiserCampaign, changes: dict[str, Any], request: HttpRequest) -> AdvertiserCampaign:
        """Assign another one, or another goal."""
        values: dict[str, Any] = {"advertiser": row.advertiser, "goal": row.goal} | changes
        return assign_advertiser(organization=row.organization, campaign=row.campaign, **values)

    def remove(self, rows: Sequence[AdvertiserCampaign]) -> None:
        """The campaigns stay, without an advertiser."""
        AdvertiserCampaign.objects.filter(pk__in=[row.pk for row in rows]).delete()
