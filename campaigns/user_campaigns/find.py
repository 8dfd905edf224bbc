"""Campaigns as they stand for one customer (contract 1, Performing Campaign Domain Actions)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from campaigns.behaviors.definitions import BehaviorDefinition, behaviors_of
from campaigns.behaviors.progress import BehaviorProgress, progress_in
from campaigns.customer_facts.facts import facts_of
from campaigns.decisions.compiled import Definition, find_definition, get_definitions
from campaigns.models import AdCampaign, AdUnit, IssuedOffer, Offer
from campaigns.models.level import LIVE
from campaigns.targeting import compile_predicate
from customers.models import Customer, Organization


class Section(StrEnum):
    """Optional parts of a customer's campaign."""

    PROGRESS = "progress"
    BEHAVIORS = "behaviors"
    OFFERS = "offers"
    REDEMPTIONS = "redemptions"
    CREATIVES = "creatives"


class Eligibility(StrEnum):
    """A filter of the active campaigns."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """A campaign's status for a customer.

    `is_qualified`: they could still earn from it. `is_completed`: they earned each of its behaviors at least once.
    """

    is_qualified: bool
    is_completed: bool
    progress: Sequence[BehaviorProgress]


@dataclass(frozen=True, slots=True)
class CustomerCampaign:
    """A campaign with its status for a customer and the requested sections; others are empty."""

    campaign: AdCampaign
    status: CampaignStatus
    behaviors: Sequence[BehaviorDefinition] = ()
    offers: Sequence[Offer] = ()
    issued: Sequence[IssuedOffer] = ()
    creatives: Sequence[AdUnit] = ()


@dataclass
class Found:
    """The data of sections by campaign id; offers by their own ids, issued offers by offer id."""

    behaviors: dict[int, list[BehaviorDefinition]] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)
    issued: dict[int, list[IssuedOffer]] = field(default_factory=dict)
    creatives: dict[int, list[AdUnit]] = field(default_factory=dict)


def get_customer_campaign(
    *,
    organization: Organization,
    customer: Customer,
    campaign: AdCampaign,
    sections: Collection[Section],
    now: datetime,
) -> CustomerCampaign:
    """One campaign, active or not."""
    definition = find_definition(organization_id=organization.pk, campaign_id=campaign.pk)
    definitions = {} if definition is None else {campaign.pk: definition}
    statuses = _campaign_statuses(organization, customer, definitions, now)
    status = statuses.get(campaign.pk, CampaignStatus(is_qualified=False, is_completed=False, progress=()))
    found = _find(organization, customer, definitions, sections, now)
    return _assembled(campaign, status, found)


def find_campaign_statuses(
    *, organization: Organization, customer: Customer, which: Collection[Eligibility], now: datetime
) -> dict[int, CampaignStatus]:
    """The customer's status in each active campaign (live and within its dates), newest first."""
    definitions = get_definitions(organization_id=organization.pk, version=organization.version).by_id
    active = {key: one for key, one in definitions.items() if one.candidate.window.is_open(now)}
    statuses = _campaign_statuses(organization, customer, active, now)
    asked = set(which)
    return {
        key: statuses[key]
        for key in sorted(statuses, reverse=True)
        if Eligibility.ALL in asked
        or (Eligibility.ELIGIBLE if statuses[key].is_qualified else Eligibility.INELIGIBLE) in asked
    }


def customer_campaigns(
    *,
    organization: Organization,
    customer: Customer,
    statuses: Mapping[int, CampaignStatus],
    sections: Collection[Section],
    now: datetime,
) -> list[CustomerCampaign]:
    """The campaigns of these statuses, in their order; a query for the campaigns, and one or two for each section."""
    definitions = get_definitions(organization_id=organization.pk, version=organization.version).by_id
    rows = AdCampaign.objects.filter(organization=organization, id__in=list(statuses), deleted_at__isnull=True)
    campaigns = {campaign.pk: campaign for campaign in rows}
    shown = {key: definitions[key] for key in statuses if key in definitions}
    found = _find(organization, customer, shown, sections, now)
    return [_assembled(campaigns[key], statuses[key], found) for key in statuses if key in campaigns]


def _campaign_statuses(
    organization: Organization, customer: Customer, definitions: Mapping[int, Definition], now: datetime
) -> dict[int, CampaignStatus]:
    progress = progress_in(organization=organization, customer_id=customer.pk, campaign_ids=list(definitions), now=now)
    facts = facts_of(customer)
    statuses = {}
    for key, definition in definitions.items():
        candidate, behaviors = definition.candidate, progress[key]
        is_left = not behaviors or any(one.can_earn for one in behaviors)
        statuses[key] = CampaignStatus(
            is_qualified=candidate.window.is_open(now) and is_left and candidate.matches(facts),
            is_completed=bool(behaviors) and all(one.completed for one in behaviors),
            progress=behaviors,
        )
    return statuses


def _find(
    organization: Organization,
    customer: Customer,
    definitions: Mapping[int, Definition],
    sections: Collection[Section],
    now: datetime,
) -> Found:
    found = Found()
    offered = {Section.OFFERS, Section.REDEMPTIONS} & set(sections)
    if Section.BEHAVIORS in sections or offered:
        for behavior in behaviors_of(organization=organization, campaign_ids=list(definitions)):
            found.behaviors.setdefault(behavior.composite["campaign_id"], []).append(behavior)
    if offered:
        ids = {key for several in found.behaviors.values() for behavior in several for key in _offer_ids(behavior)}
        offers = Offer.objects.filter(organization=organization, id__in=ids).order_by("id")
        found.offers = {offer.pk: offer for offer in offers}
        issued = IssuedOffer.objects.filter(organization=organization, customer=customer, offer_id__in=ids)
        for one in issued.select_related("offer").order_by("id"):
            found.issued.setdefault(one.offer_id, []).append(one)
    if Section.CREATIVES in sections:
        _find_creatives(organization, customer, definitions, found, now)
    return found


def _find_creatives(
    organization: Organization,
    customer: Customer,
    definitions: Mapping[int, Definition],
    found: Found,
    now: datetime,
) -> None:
    """The live creatives whose parents are active now and whose group's targets match the customer."""
    facts = facts_of(customer)
    creatives = AdUnit.objects.filter(
        LIVE, organization=organization, creative_group__line_item__campaign_id__in=list(definitions)
    )
    for creative in creatives.select_related("creative_group__line_item").order_by("id"):
        campaign_id = creative.creative_group.line_item.campaign_id
        group = definitions[campaign_id].groups.get(creative.creative_group_id)
        if group is None or group.conditions is None or not all(window.is_open(now) for window in group.windows):
            continue
        if compile_predicate(group.conditions)(facts):
            found.creatives.setdefault(campaign_id, []).append(creative)


def _assembled(campaign: AdCampaign, status: CampaignStatus, found: Found) -> CustomerCampaign:
    behaviors = found.behaviors.get(campaign.pk, [])
    ids = sorted({key for behavior in behaviors for key in _offer_ids(behavior)})
    return CustomerCampaign(
        campaign=campaign,
        status=status,
        behaviors=behaviors,
        offers=[found.offers[key] for key in ids if key in found.offers],
        issued=[issued for key in ids for issued in found.issued.get(key, ())],
        creatives=found.creatives.get(campaign.pk, ()),
    )


def _offer_ids(behavior: BehaviorDefinition) -> list[int]:
    return [outcome["offer_id"] for outcome in behavior.outcomes if outcome["offer_id"] is not None]
