"""A funnel with every kind of step and a fork on a captured answer, like the one that the demo shows."""

from typing import Any

from campaigns.models import AdCampaign
from customers.models import Organization
from funnels.funnels.definitions import save_funnel
from funnels.models import Funnel
from tests.factories import make_campaign, make_field

FIELDS = {"first_name": "string", "email": "string", "income": "integer", "wants_travel": "boolean", "born": "date"}


def steps() -> list[dict[str, Any]]:
    """Welcome, then details; who earns much is asked about travel, and everybody is sent to the bank's form."""
    return [
        {
            "name": "welcome",
            "type": "message",
            "title": "A better card",
            "message": "It takes a minute.",
            "actions": ["next", "cancel"],
            "next": "details",
        },
        {
            "name": "details",
            "type": "data-capture",
            "actions": ["next", "cancel"],
            "fields": [
                {"label": "First name", "name": "first_name", "control_type": "text"},
                {"label": "Email", "name": "email", "control_type": "email"},
                {"label": "Income", "name": "income", "control_type": "number", "validation": {"minimum": 0}},
                {"label": "Born", "name": "born", "control_type": "date", "validation": {"required": False}},
            ],
            "forks": [
                {"conditions": [{"attribute": "income", "operator": "gte", "values": [50_000]}], "to": "travel"},
            ],
            "next": "form",
        },
        {
            "name": "travel",
            "type": "data-capture",
            "actions": ["next"],
            "fields": [
                {
                    "label": "Do you travel?",
                    "name": "wants_travel",
                    "control_type": "radio",
                    "options": [{"label": "Yes", "value": True}, {"label": "No", "value": False}],
                },
            ],
            "next": "form",
        },
        {
            "name": "form",
            "type": "redirect",
            "url": "https://bank.example/cards?from=funnel",
            "method": "get",
            "parameters": [{"name": "card", "value": "gold & more"}],
            "include_system_params": True,
            "new_window": False,
            "next": None,
        },
    ]


def make_schema(organization: Organization) -> None:
    """The fields that the funnel asks for."""
    for name, kind in FIELDS.items():
        make_field(organization, name, kind)


def make_card_upgrade(organization: Organization, **look: Any) -> AdCampaign:
    """A campaign with this funnel, and the schema it needs."""
    make_schema(organization)
    campaign = make_campaign(organization)
    save_funnel(organization=organization, campaign_id=campaign.pk, steps=steps(), look=look)
    return campaign


def funnel_of(campaign: AdCampaign) -> Funnel:
    """The campaign's funnel."""
    return Funnel.objects.select_related("version").get(campaign=campaign)
