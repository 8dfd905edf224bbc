"""Campaigns: created with their bundle, changed, and taken out of every read."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from campaigns.models import Achievement, AdBundle, AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.campaign import permalink_form
from campaigns.queries.campaigns import campaigns_of, get_campaign
from campaigns.services.audience_jobs import synchronise_jobs
from campaigns.services.levels import (
    CONSTRAINTS,
    change_level,
    constraints_as_errors,
    mark_children_deleted,
    mark_deleted,
)
from campaigns.services.targets import replace_targets
from customers.errors import Refusals, not_found
from customers.models import Organization
from customers.services.organizations import raise_version


def create_campaign(*, organization: Organization, attributes: Mapping[str, Any]) -> AdCampaign:
    """Make a campaign and its bundle.

    `attributes`: `name`, `starts_at`, `ends_at`, and optionally the other columns of AdCampaign and `targets`.
    DomainError `validation` where a rule is broken or a name or permalink is taken.
    """
    attributes = dict(attributes)
    targets = attributes.pop("targets", None)
    if attributes.get("permalink") is None:
        attributes["permalink"] = str(uuid.uuid4())
    campaign = AdCampaign(organization=organization)
    with constraints_as_errors(), transaction.atomic():
        conditions = change_level(campaign, attributes, _refuse_taken, _require_whole_cap, targets=targets)
        campaign.save()
        bundle = AdBundle.objects.create(organization=organization, campaign=campaign)
        if conditions:
            replace_targets(owner=bundle, conditions=conditions)
        raise_version(organization=organization, changed={AdCampaign: [campaign.pk]})
    return get_campaign(organization=organization, campaign_id=campaign.pk)


def update_campaign(*, organization: Organization, campaign_id: int, changes: Mapping[str, Any]) -> AdCampaign:
    """Change what is named in `changes` (the attributes of `create_campaign`) and nothing else."""
    changes = dict(changes)
    targets = changes.pop("targets", None)
    with constraints_as_errors(), transaction.atomic():
        campaign = lock_campaign(organization=organization, campaign_id=campaign_id)
        conditions = change_level(campaign, changes, _refuse_taken, _require_whole_cap, targets=targets)
        campaign.save()
        if targets is not None:
            replace_targets(owner=campaign.ad_bundle, conditions=conditions)
        raise_version(organization=organization, changed={AdCampaign: [campaign.pk]})
        synchronise_jobs(organization=organization, level=campaign, changes=changes)
    return get_campaign(organization=organization, campaign_id=campaign_id)


@transaction.atomic
def delete_campaign(*, organization: Organization, campaign_id: int, now: datetime) -> AdCampaign:
    """Take a campaign and everything below it out of every read; the answer carries its new name."""
    lock_campaign(organization=organization, campaign_id=campaign_id)
    campaign = get_campaign(organization=organization, campaign_id=campaign_id)
    mark_deleted(campaign, now=now)
    mark_children_deleted(AdLineItem.objects.filter(campaign=campaign), now=now)
    mark_children_deleted(AdGroup.objects.filter(line_item__campaign=campaign), now=now)
    mark_children_deleted(AdUnit.objects.filter(group__line_item__campaign=campaign), now=now)
    mark_children_deleted(Achievement.objects.filter(campaign=campaign), now=now)
    raise_version(organization=organization, changed={AdCampaign: [campaign.pk]})
    synchronise_jobs(organization=organization, level=campaign)
    return campaign


def lock_campaign(*, organization: Organization, campaign_id: int) -> AdCampaign:
    """The living campaign, locked until the transaction ends; DomainError `not_found`."""
    campaign = (
        AdCampaign.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=campaign_id, deleted_at__isnull=True)
        .first()
    )
    if campaign is None:
        raise not_found("Campaign")
    campaign.organization = organization
    return campaign


def _require_whole_cap(campaign: AdCampaign, _changes: Mapping[str, Any], refusals: Refusals) -> None:
    """A frequency cap is a number, a unit and a period, or none of them."""
    parts = ("frequency_cap", "frequency_unit", "frequency_period")
    absent = [part for part in parts if getattr(campaign, part) is None]
    if absent and len(absent) < len(parts):
        refusals.refuse(absent[0], "A frequency cap needs a number, a unit and a period.")


def _refuse_taken(campaign: AdCampaign, changes: Mapping[str, Any], refusals: Refusals) -> None:
    """Name every attribute that is taken, where the constraints would name only the first."""
    if not {"name", "permalink"} & changes.keys():
        return
    try:
        permalink_form(campaign.permalink)
    except ValidationError as error:
        refusals.refuse("permalink", error.messages[0])
    others = campaigns_of(organization=campaign.organization).exclude(pk=campaign.pk)
    taken = others.filter(Q(name=campaign.name) | Q(permalink=campaign.permalink)).values_list("name", "permalink")
    for name, permalink in taken:
        if name == campaign.name:
            refusals.refuse(*CONSTRAINTS["campaign_name_unique_among_living"])
        if permalink == campaign.permalink:
            refusals.refuse(*CONSTRAINTS["campaign_permalink_unique_among_living"])
