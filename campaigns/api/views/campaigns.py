"""Campaigns (contract 1: Retrieving Campaigns for Management, Updating Campaigns, Deleting Campaigns)."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import PAGE_PARAMETERS, operation
from campaigns.api.filters import filtered
from campaigns.api.pages import Page
from campaigns.api.serializers.campaign import CampaignIn, CampaignOut, NavigationOut, rendered
from campaigns.hierarchy.campaigns import (
    campaign_rows,
    count_campaigns,
    create_campaign,
    delete_campaign,
    get_campaign,
    get_campaign_by_permalink,
    update_campaign,
)
from campaigns.hierarchy.navigation import get_navigation
from campaigns.models.level import Status
from customers.errors import ErrorCollector

FILTERS = [
    OpenApiParameter("status", str, enum=Status.values),
    OpenApiParameter("name", str, description="The exact name."),
    OpenApiParameter("starts_after", str, description="starts_at is this time or later."),
    OpenApiParameter("ends_before", str, description="ends_at is this time or earlier."),
    OpenApiParameter("updated_since", str, description="Changed at this time or later."),
]


class Campaigns(ManagementView):
    """All campaigns of the organization."""

    @operation(
        "Get all campaigns", member="campaigns", answer=CampaignOut, many=True, parameters=[*PAGE_PARAMETERS, *FILTERS]
    )
    def get(self, request: Request, **_: object) -> HttpResponse:
        """The living campaigns, newest first."""
        organization, errors, among, page = self.organization, ErrorCollector(), None, Page.of({})
        with errors.collecting():
            among = filtered(organization, request.query_params)
        with errors.collecting():
            page = self.page()
        errors.raise_if_any()
        rows, pagination = page.cut(
            count_campaigns(organization=organization, among=among),
            lambda start, end: campaign_rows(organization=organization, start=start, end=end, among=among),
        )
        return self.answer(campaigns=[rendered(row) for row in rows], pagination=pagination)

    @operation("Create a campaign", member="campaign", answer=CampaignOut, request=("campaign", CampaignIn))
    def post(self, _request: Request, **_: object) -> HttpResponse:
        """Make a campaign with its ad bundle."""
        attributes = self.object_of(CampaignIn, "campaign")
        campaign = create_campaign(organization=self.organization, attributes=attributes)
        return self.answer(campaign=CampaignOut(campaign).data)


class Campaign(ManagementView):
    """One campaign by its id."""

    def campaign_id(self) -> int:
        """The id of the campaign that the path names."""
        campaign_id: int = self.kwargs["campaign_id"]
        return campaign_id

    @operation("Get a campaign", member="campaign", answer=CampaignOut)
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """One campaign."""
        campaign = get_campaign(organization=self.organization, campaign_id=self.campaign_id())
        return self.answer(campaign=CampaignOut(campaign).data)

    @operation("Update a campaign", member="campaign", answer=CampaignOut, request=("campaign", CampaignIn))
    def put(self, _request: Request, **_: object) -> HttpResponse:
        """Change the attributes that are present."""
        campaign_id = self.campaign_id()
        changes = self.changes_of(
            CampaignIn,
            "campaign",
            lambda: CampaignOut(get_campaign(organization=self.organization, campaign_id=campaign_id)).data,
        )
        campaign = update_campaign(organization=self.organization, campaign_id=campaign_id, changes=changes)
        return self.answer(campaign=CampaignOut(campaign).data)

    @operation("Delete a campaign", member="campaign", answer=CampaignOut)
    def delete(self, _request: Request, **_: object) -> HttpResponse:
        """Take a campaign and everything below it out of every read."""
        campaign_id = self.campaign_id()
        campaign = delete_campaign(organization=self.organization, campaign_id=campaign_id, now=timezone.now())
        return self.answer(campaign=CampaignOut(campaign).data)


class ExternalCampaign(Campaign):
    """One campaign by its permalink."""

    def campaign_id(self) -> int:
        """The id of the campaign with the path's permalink."""
        permalink: str = self.kwargs["permalink"]
        return get_campaign_by_permalink(organization=self.organization, permalink=permalink).pk

    @operation("Get a campaign", member="campaign", answer=CampaignOut)
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """One campaign."""
        campaign = get_campaign_by_permalink(organization=self.organization, permalink=self.kwargs["permalink"])
        return self.answer(campaign=CampaignOut(campaign).data)


class Navigation(ManagementView):
    """A campaign's whole hierarchy."""

    @operation("Get a complete hierarchy for a campaign", member="campaign", answer=NavigationOut)
    def get(self, _request: Request, campaign_id: int, **_: object) -> HttpResponse:
        """The campaign with its containers, creative groups and creatives."""
        tree = get_navigation(organization=self.organization, campaign_id=campaign_id)
        return self.answer(campaign=NavigationOut(tree).data)
