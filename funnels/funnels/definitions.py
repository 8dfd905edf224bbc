"""Funnels: saved as a whole, each change of their steps a new version."""

from collections.abc import Mapping
from typing import Any

import nh3
from django.db import connection, transaction

from campaigns.hierarchy.campaigns import lock_campaign
from campaigns.models import AdCampaign
from customers.errors import DomainError, invalid
from customers.models import Organization
from customers.organizations.organizations import bump_version
from customers.schema.fields import hold_schema
from funnels.funnels.engine import Graph, parse_steps
from funnels.funnels.lookup import find_funnel
from funnels.funnels.style_sheets import sanitised_style
from funnels.models import Funnel, FunnelVersion

MAXIMUM_STYLE, MAXIMUM_LANDING_PAGE = 20_000, 50_000
SWITCHES = ("allow_dismiss", "always_use_landing", "show_progress_bar", "new_window")
DELETE_ENTRY = "DELETE FROM funnels_funnelentry WHERE organization_id = %s AND customer_id = %s AND campaign_id = %s"


@transaction.atomic
def save_funnel(
    *, organization: Organization, campaign_id: int, steps: object, look: Mapping[str, object] | None = None
) -> Funnel:
    """Give a living campaign a funnel, or change it.

    `steps` as `funnels.funnels.engine.parse_steps` reads them; customers in the middle of the funnel keep the steps
    that they entered. `look` may hold `style` (CSS) and `landing_page` (HTML), both sanitised here, `allow_dismiss`,
    `always_use_landing`, `show_progress_bar` and `new_window`; what is absent stays as it is. DomainError `not_found`
    or `validation`, which names everything that is wrong.
    """
    campaign = lock_campaign(organization=organization, campaign_id=campaign_id)
    types = hold_schema(organization=organization)
    graph, looks = check_funnel(steps, types, look or {})
    used = {each.name for step in graph.steps.values() for each in step.fields} | _attributes_of_forks(steps)
    definition = {"steps": steps, "types": {name: kind for name, kind in types.items() if name in used}}
    existing = find_funnel(campaign=campaign)
    funnel = existing or Funnel(organization=organization, campaign=campaign)
    if existing is None or existing.version.definition != definition:
        funnel.version = _new_version(campaign, definition)
    for name, value in looks.items():
        setattr(funnel, name, value)
    funnel.save()
    bump_version(organization=organization, changed={AdCampaign: [campaign.pk]})
    return funnel


@transaction.atomic
def delete_funnel(*, funnel: Funnel) -> None:
    """Delete a campaign's funnel, also for customers in the middle of it."""
    lock_campaign(organization=funnel.organization, campaign_id=funnel.campaign_id)
    Funnel.objects.filter(pk=funnel.pk).delete()
    bump_version(organization=funnel.organization, changed={AdCampaign: [funnel.campaign_id]})


def restart_funnel(*, organization: Organization, customer_id: int, campaign_id: int) -> None:
    """Delete a customer's entry, so that the funnel begins again (contract 3, `force-funnel-restart?`)."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_ENTRY, [organization.pk, customer_id, campaign_id])


def check_funnel(
    steps: object, types: Mapping[str, str], look: Mapping[str, object]
) -> tuple[Graph, dict[str, object]]:
    """The graph and the sanitised look; DomainError `validation` names everything that is wrong."""
    refused: dict[str, list[str]] = {}
    try:
        looks = _look(look)
    except DomainError as error:
        looks, refused = {}, error.fields
    try:
        graph = parse_steps(steps, types)
    except DomainError as error:
        error.fields.update(refused)
        raise
    if refused:
        raise invalid(**{name: sentences[0] for name, sentences in refused.items()})
    return graph, looks


def _look(look: Mapping[str, object]) -> dict[str, object]:
    refused = dict.fromkeys(look.keys() - {*SWITCHES, "style", "landing_page"}, "There is no such setting.")
    for name in SWITCHES:
        if not isinstance(look.get(name, False), bool):
            refused[name] = "true or false is expected."
    for name, maximum in (("style", MAXIMUM_STYLE), ("landing_page", MAXIMUM_LANDING_PAGE)):
        value = look.get(name, "")
        if not isinstance(value, str) or len(value) > maximum or "\x00" in value:
            refused[name] = f"A text of at most {maximum} characters is expected."
    if refused:
        raise invalid(**refused)
    sanitise = {"style": sanitised_style, "landing_page": sanitised_landing_page}
    return {name: sanitise[name](str(value)) if name in sanitise else value for name, value in look.items()}


def sanitised_landing_page(html: str) -> str:
    """HTML that can show text and pictures and link to pages; nothing in it runs."""
    return nh3.clean(html, url_schemes={"http", "https", "mailto", "tel"}).strip()


def _attributes_of_forks(steps: Any) -> set[str]:
    """The attributes that the forks' conditions name."""
    forks = [fork for step in steps for fork in step.get("forks") or []]
    return {target["attribute"] for fork in forks for target in fork["conditions"]}


def _new_version(campaign: AdCampaign, definition: dict[str, object]) -> FunnelVersion:
    newest = FunnelVersion.objects.filter(campaign=campaign).order_by("-number").first()
    return FunnelVersion.objects.create(
        organization=campaign.organization,
        campaign=campaign,
        number=newest.number + 1 if newest else 1,
        definition=definition,
    )
