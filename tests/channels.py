"""What an application shows, for tests: live campaigns, placeholders, banners, popups, business events."""

from datetime import UTC, datetime
from typing import Any

from campaigns.models import AdBundle, AdCampaign
from customers.models import Application, Organization
from funnels.models import Banner, BusinessEvent, EventBinding, Placeholder, Popup
from tests.factories import make_campaign, make_target, unique

STARTS_AT, ENDS_AT = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
FUNNEL = {
    "style": "",
    "allow-dismiss": True,
    "landing-page": False,
    "always-use-landing": False,
    "show-progress-bar": True,
    "new-widow": False,
    "new-window": False,
}


def make_live_campaign(organization: Organization, *targets: dict[str, Any], **attributes: Any) -> AdCampaign:
    """A campaign that is live for decades, with the given targets."""
    campaign = make_campaign(organization, **{"starts_at": STARTS_AT, "ends_at": ENDS_AT} | attributes)
    bundle = AdBundle.objects.get(campaign=campaign)
    for position, target in enumerate(targets):
        make_target(bundle, position=position, **target)
    return campaign


def make_placeholder(application: Application, **attributes: Any) -> Placeholder:
    """A place for a single banner of 800 by 600 pixels."""
    defaults = {"application": application, "organization": application.organization}
    sizes = {"name": unique("placeholder"), "width": 800, "height": 600}
    return Placeholder.objects.create(**defaults | sizes | attributes)


def make_banner(placeholder: Placeholder, campaign: AdCampaign | None = None, **attributes: Any) -> Banner:
    """An image of a live campaign."""
    organization = placeholder.organization
    if "html_content" not in attributes:
        attributes.setdefault("link", "/media/banner.png")
    return Banner.objects.create(
        organization=organization,
        placeholder=placeholder,
        campaign=campaign or make_live_campaign(organization),
        **attributes,
    )


def make_popup(application: Application, campaign: AdCampaign | None = None, **attributes: Any) -> Popup:
    """A popup of a live campaign, on every page unless told otherwise."""
    organization = application.organization
    return Popup.objects.create(
        organization=organization,
        application=application,
        campaign=campaign or make_live_campaign(organization),
        **{"page_location": "*"} | attributes,
    )


def make_event(application: Application, *campaigns: AdCampaign, **attributes: Any) -> BusinessEvent:
    """A business event, bound to campaigns."""
    organization = application.organization
    event = BusinessEvent.objects.create(
        organization=organization, application=application, **{"name": unique("event")} | attributes
    )
    for campaign in campaigns:
        EventBinding.objects.create(organization=organization, event=event, campaign=campaign)
    return event
