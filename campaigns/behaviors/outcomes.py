"""Outcomes of behaviors, from `outcome_config` (contract 1, Request Attributes for Behaviors)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import Achievement, AdUnit, Offer, Outcome, TriggeredEvent
from customers.errors import ErrorCollector
from customers.models import Organization

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """The rows that the configurations of a request name: offers by guid, the campaign's creatives by id."""

    offers: Mapping[str, int] = field(default_factory=dict)
    creatives: frozenset[int] = frozenset()


def find_named(*, organization: Organization, campaign_id: int, configs: Iterable[Config]) -> Known:
    """Look up what the configurations name, in one statement for each kind."""
    several = list(configs)
    guids = {config["deal"]["id"] for config in several if "deal" in config}
    creative_ids = {config["ad_unit"]["id"] for config in several if "ad_unit" in config}
    offers = Offer.objects.filter(organization=organization, guid__in=guids).values_list("guid", "id")
    creatives = AdUnit.objects.filter(
        organization=organization,
        id__in=creative_ids,
        deleted_at__isnull=True,
        creative_group__line_item__campaign_id=campaign_id,
    ).values_list("id", flat=True)
    return Known(dict(offers) if guids else {}, frozenset(creatives) if creative_ids else frozenset())


def make_outcomes(
    achievement: Achievement, configs: Sequence[Config], known: Known, errors: ErrorCollector, path: str = ""
) -> list[Outcome]:
    """Unsaved outcomes; what is not known is an error."""
    outcomes = []
    for index, config in enumerate(configs):
        outcome = Outcome(organization_id=achievement.organization_id, achievement_id=achievement.pk)
        here = f"{path}outcome_config[{index}]"
        if "deal" in config:
            outcome.offer_id = known.offers.get(config["deal"]["id"])
            if outcome.offer_id is None:
                errors.add(f"{here}.deal.id", "There is no such offer.")
        elif "ad_unit" in config:
            outcome.creative_id = config["ad_unit"]["id"]
            if outcome.creative_id not in known.creatives:
                errors.add(f"{here}.ad_unit.id", "The campaign has no such creative.")
        else:
            outcome.event = TriggeredEvent(organization_id=achievement.organization_id, name=config["event"]["name"])
        outcomes.append(outcome)
    return outcomes


def save_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Save new outcomes and the events that they trigger, in two statements at most."""
    triggered = [outcome for outcome in outcomes if outcome.event is not None]
    events = TriggeredEvent.objects.bulk_create(outcome.event for outcome in triggered if outcome.event is not None)
    for outcome, event in zip(triggered, events, strict=True):
        outcome.event = event
    Outcome.objects.bulk_create(outcomes)


def replace_outcomes(achievement: Achievement, outcomes: Sequence[Outcome]) -> None:
    """Make these the outcomes of a behavior; those that it has already keep their rows."""
    spare = list(Outcome.objects.filter(achievement=achievement).select_related("event"))
    new = []
    for outcome in outcomes:
        same = next((kept for kept in spare if _meaning(kept) == _meaning(outcome)), None)
        if same is None:
            new.append(outcome)
        else:
            spare.remove(same)
    Outcome.objects.filter(id__in=[outcome.pk for outcome in spare]).delete()
    TriggeredEvent.objects.filter(id__in=[outcome.event_id for outcome in spare if outcome.event_id]).delete()
    save_outcomes(new)


def _meaning(outcome: Outcome) -> tuple[object, ...]:
    return outcome.offer_id, outcome.creative_id, outcome.event and outcome.event.name
