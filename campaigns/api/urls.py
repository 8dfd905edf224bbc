"""The addresses of the management dialect: below `/priv/v1/apps/:api_key/management/`, and those of customers below
`/priv/v1/apps/:api_key/` and, with their campaigns, `/priv/v2/apps/:api_key/`.
"""

from django.urls import path, register_converter

from campaigns.api.fields import MAXIMUM_ID
from campaigns.api.views.behaviors import BehaviorBatch, BehaviorDetail, Behaviors
from campaigns.api.views.campaigns import Campaign, Campaigns, ExternalCampaign, Navigation
from campaigns.api.views.creative_groups import CreativeGroup, CreativeGroups
from campaigns.api.views.creatives import Creative, Creatives
from campaigns.api.views.deliveries import (
    CampaignAudience,
    CreativeAudience,
    CreativeDelivery,
    CreativeDeliveryFile,
    CreativeGroupAudience,
    Deliveries,
)
from campaigns.api.views.destinations import DestinationDetail, Destinations, DestinationTest
from campaigns.api.views.events import Events
from campaigns.api.views.fields import FieldDetail, Fields
from campaigns.api.views.line_items import LineItem, LineItems
from campaigns.api.views.offers import OfferDetail, Offers
from campaigns.api.views.templates import TemplateDetail, Templates
from campaigns.api.views.user_campaigns import ExternalUserCampaigns, Performing, UserCampaign, UserCampaigns
from campaigns.api.views.users import ExternalUserOffers, Redemption, User, UserOffers


class IdConverter:
    """An id in a path. What can't be an id becomes 0, which no row has, so it is not found."""

    regex = "[^/]+"

    def to_python(self, value: str) -> int:
        """The id."""
        plausible = value.isascii() and value.isdecimal() and len(value) <= len(str(MAXIMUM_ID))
        number = int(value) if plausible else 0
        return number if number <= MAXIMUM_ID else 0

    def to_url(self, value: int) -> str:
        """The id in a path."""
        return str(value)


register_converter(IdConverter, "id")

urlpatterns = [
    path("campaigns", Campaigns.as_view()),
    path("campaigns/<id:campaign_id>", Campaign.as_view()),
    path("external/campaigns/<str:permalink>", ExternalCampaign.as_view()),
    path("campaigns/<id:campaign_id>/audience/preview", CampaignAudience.as_view()),
    path("campaigns/<id:campaign_id>/navigation", Navigation.as_view()),
    path("campaigns/<id:campaign_id>/behaviors", Behaviors.as_view()),
    path("campaigns/<id:campaign_id>/behaviors/_batch", BehaviorBatch.as_view()),
    path("behaviors/<id:behavior_id>", BehaviorDetail.as_view()),
    path("campaigns/<id:campaign_id>/line_items", LineItems.as_view()),
    path("line_items/<id:line_item_id>", LineItem.as_view()),
    path("line_items/<id:line_item_id>/creative_groups", CreativeGroups.as_view()),
    path("creative_groups/<id:creative_group_id>", CreativeGroup.as_view()),
    path("creative_groups/<id:creative_group_id>/audience/preview", CreativeGroupAudience.as_view()),
    path("creative_groups/<id:creative_group_id>/creatives", Creatives.as_view()),
    path("creatives/<id:creative_id>", Creative.as_view()),
    path("creatives/<id:creative_id>/audience/preview", CreativeAudience.as_view()),
    path("creatives/<id:creative_id>/delivery", CreativeDelivery.as_view()),
    path("creatives/<id:creative_id>/delivery/file", CreativeDeliveryFile.as_view()),
    path("deliveries", Deliveries.as_view()),
    path("fields", Fields.as_view()),
    path("fields/<str:name>", FieldDetail.as_view()),
    path("destinations", Destinations.as_view()),
    path("destinations/<id:destination_id>", DestinationDetail.as_view()),
    path("destinations/<id:destination_id>/test", DestinationTest.as_view()),
    path("templates", Templates.as_view()),
    path("templates/<path:key>", TemplateDetail.as_view()),
    path("offers", Offers.as_view()),
    path("offers/<id:offer_id>", OfferDetail.as_view()),
]

# An external id may contain slashes (sent as %2F, which servers don't distinguish), so longer paths are matched first.
user_patterns = [
    path("events", Events.as_view()),
    path("users/<str:user_id>/offers/<id:issued_offer_id>/redeem", Redemption.as_view()),
    path("external/users/<path:external_id>/offers/<id:issued_offer_id>/redeem", Redemption.as_view()),
    path("users/<str:user_id>/offers", UserOffers.as_view()),
    path("external/users/<path:external_id>/offers", ExternalUserOffers.as_view()),
    path("users/<str:user_id>", User.as_view()),
    path("external/users/<path:external_id>", User.as_view()),
]

user_campaign_patterns = [
    pattern
    for user, listed in (
        ("users/<str:user_id>", UserCampaigns),
        ("external/users/<path:external_id>", ExternalUserCampaigns),
    )
    for pattern in (
        path(f"{user}/external/campaigns/<str:permalink>/perform", Performing.as_view()),
        path(f"{user}/external/campaigns/<str:permalink>", UserCampaign.as_view()),
        path(f"{user}/campaigns/<id:campaign_id>/perform", Performing.as_view()),
        path(f"{user}/campaigns/<id:campaign_id>", UserCampaign.as_view()),
        path(f"{user}/campaigns", listed.as_view()),
    )
]
