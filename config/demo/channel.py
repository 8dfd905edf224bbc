"""What the demo's shop shows: placeholders with banners, a popup, funnels and a business event."""

from typing import Any

from campaigns.hierarchy.campaigns import create_campaign
from campaigns.models import AdCampaign
from config.demo.hierarchies import ENDS_AT, STARTS_AT
from config.demo.shop import page_location
from customers.models import Application, Organization
from funnels.funnels.definitions import save_funnel
from funnels.models import Banner, BusinessEvent, EventBinding, Placeholder, Popup
from funnels.placements.objects import (
    save_banner,
    save_business_event,
    save_event_binding,
    save_placeholder,
    save_popup,
)

CARD, WEEKEND, BOOTS, WELCOME_CAMPAIGN = "Card upgrade", "Trail weekend", "New boots", "Welcome"
HERO, SIDEBAR = "home-hero", "sidebar"
EVENT = "newsletter-registration"
STYLE = (
    "h1 { color: #7a4b00 } .primary { background: #7a4b00 } progress::-webkit-progress-value { background: #b87a14 }"
)
SIDEBAR_HTML = """
<div style="background-color: #10331f; color: #ffffff; padding: 24px; border-radius: 16px">
<h3 style="margin: 0">Trail weekend</h3><p>Guided hikes for members, every Saturday.</p>
<button type="button" onclick="prisma.startFunnel.call(this)">Tell me more</button>
<button type="button" onclick="prisma.dismissCampaign.call(this)">No, thanks</button></div>
"""
# The steps of the funnel "Card upgrade" on its own page.
WELCOME: dict[str, Any] = {
    "name": "welcome",
    "type": "message",
    "title": "Move up to a better card",
    "message": "Earn points on every trail you take.\n\nThree short steps, and your new card is on its way.",
    "actions": ["next", "cancel"],
    "next": "details",
}
DETAILS: dict[str, Any] = {
    "name": "details",
    "type": "data-capture",
    "actions": ["next", "cancel"],
    "fields": [
        {"label": "First name", "name": "first_name", "control_type": "text"},
        {"label": "Email", "name": "email", "control_type": "email"},
        {
            "label": "Which card would you like?",
            "name": "loyalty_tier",
            "control_type": "radio",
            "options": [
                {"label": "Silver: no yearly fee", "value": "silver"},
                {"label": "Gold: lounge access and travel insurance", "value": "gold"},
            ],
        },
    ],
    "forks": [{"conditions": [{"attribute": "loyalty_tier", "operator": "in", "values": ["gold"]}], "to": "gold"}],
    "next": "form",
}
GOLD: dict[str, Any] = {
    "name": "gold",
    "type": "data-capture",
    "actions": ["next", "cancel"],
    "fields": [
        {"label": "Date of birth", "name": "birth_date", "control_type": "date"},
        {
            "label": "State",
            "name": "state",
            "control_type": "select",
            "options": [{"label": state, "value": state} for state in ("CA", "NY", "TX", "FL", "MA", "WA")],
        },
    ],
    "next": "form",
}


def create_channel(*, application: Application) -> None:
    """Create it all through the functions that the admin uses, too."""
    organization, look = application.organization, {"style": STYLE}
    for name, priority in ((CARD, 100), (WEEKEND, 50), (BOOTS, 40), (WELCOME_CAMPAIGN, 30)):
        campaign = _campaign(organization, name, priority)
        if name == CARD:
            save_funnel(organization=organization, campaign_id=campaign.pk, steps=_card_steps(), look=look)
        else:
            save_funnel(organization=organization, campaign_id=campaign.pk, steps=_message_steps(name))
    show_channel(application=application)


def show_channel(*, application: Application) -> None:
    """Create the placeholders and the event of an application, and show in them the campaigns that exist."""
    hero = _placeholder(application, HERO, 960, 320, maximum_banners=1)
    sidebar = _placeholder(application, SIDEBAR, 320, 240, maximum_banners=3)
    event = BusinessEvent(application=application, name=EVENT, description="Somebody registered for the newsletter.")
    save_business_event(event=event)
    living = AdCampaign.objects.filter(organization=application.organization, deleted_at=None)
    for campaign in living.order_by("id"):
        if campaign.name == CARD:
            _banner(hero, campaign, link="/static/demo/card.svg")
            save_popup(popup=Popup(application=application, campaign=campaign, page_location="*/demo/offers/"))
        elif campaign.name == WEEKEND:
            _banner(sidebar, campaign, html_content=SIDEBAR_HTML)
        elif campaign.name == BOOTS:
            _banner(sidebar, campaign, link="/static/demo/boots.svg")
        elif campaign.name == WELCOME_CAMPAIGN:
            save_event_binding(binding=EventBinding(event=event, campaign=campaign))


def environment_lines() -> dict[str, str]:
    """Its lines of demo.env."""
    return {
        "PLACEHOLDERS": f"{HERO},{SIDEBAR}",
        "EVENT_NAME": EVENT,
        "PAGE_LOCATION": page_location("offers/"),
        "DEMO_URL": page_location(),
    }


def _campaign(organization: Organization, name: str, priority: int) -> AdCampaign:
    attributes = {"name": name, "status": "live", "category": "Shop", "priority": priority}
    dates = {"starts_at": STARTS_AT, "ends_at": ENDS_AT}
    return create_campaign(organization=organization, attributes=attributes | dates)


def _placeholder(application: Application, name: str, width: int, height: int, **attributes: object) -> Placeholder:
    placeholder = Placeholder(application=application, name=name, width=width, height=height, **attributes)
    return save_placeholder(placeholder=placeholder)


def _banner(placeholder: Placeholder, campaign: AdCampaign, **content: str) -> None:
    save_banner(banner=Banner(placeholder=placeholder, campaign=campaign, **content))


def _message_steps(name: str) -> list[dict[str, Any]]:
    message = "Thank you for your interest. You will hear from us soon."
    return [{"name": "message", "type": "message", "title": name, "message": message, "actions": ["next"]}]


def _card_steps() -> list[dict[str, Any]]:
    """A message, details with a fork on the card that is chosen, and the shop's own form at the end."""
    form = {
        "name": "form",
        "type": "redirect",
        "url": page_location("apply/"),
        "method": "get",
        "parameters": [{"name": "source", "value": "card-upgrade"}],
        "include_system_params": True,
        "new_window": False,
    }
    return [WELCOME, DETAILS, GOLD, form]
