"""Previews of audiences at every level, from the same criteria as an audience is built from.

Counting looks at every customer, so it has bounds of its own, and an organization and a process have few at a time
(DomainError `too_many_at_a_time`).
"""

from datetime import datetime

from django.conf import settings

from campaigns.decisions.compiled import find_definition
from campaigns.delivery.audience import Preview, get_criteria, preview_audience
from campaigns.hierarchy.campaigns import get_campaign
from campaigns.hierarchy.creative_groups import get_group
from campaigns.hierarchy.creatives import get_creative
from campaigns.models import AdGroup
from customers.bounds import Work, bounded
from customers.errors import not_found
from customers.models import Organization
from customers.organizations.concurrency import concurrency_slot


def preview_of_campaign(*, organization: Organization, campaign_id: int, now: datetime) -> Preview:
    """Whom a campaign's own targets reach, without those of its groups; DomainError `not_found`."""
    get_campaign(organization=organization, campaign_id=campaign_id)
    return _preview(organization, campaign_id, None, None, now)


def preview_of_group(*, organization: Organization, group_id: int, now: datetime) -> Preview:
    """Whom a creative group reaches, with any kind of message; DomainError `not_found`."""
    group = get_group(organization=organization, group_id=group_id)
    return _preview(organization, _campaign_of(group), group_id, None, now)


def preview_of_creative(*, organization: Organization, creative_id: int, now: datetime) -> Preview:
    """Whom a creative's message would reach now; DomainError `not_found`."""
    creative = get_creative(organization=organization, creative_id=creative_id)
    return _preview(
        organization, _campaign_of(creative.creative_group), creative.creative_group_id, creative.creative_type, now
    )


def _campaign_of(group: AdGroup) -> int:
    return group.line_item.campaign_id


def _preview(
    organization: Organization, campaign_id: int, group_id: int | None, creative_type: str | None, now: datetime
) -> Preview:
    definition = find_definition(organization_id=organization.pk, campaign_id=campaign_id)
    if definition is None:
        raise not_found("Campaign")
    criteria = get_criteria(
        organization=organization, definition=definition, group_id=group_id, creative_type=creative_type, now=now
    )
    most: int = settings.PREVIEWS_AT_A_TIME
    with bounded(Work.PREVIEW), concurrency_slot(organization=organization, what="previews", most=most):
        return preview_audience(criteria=criteria)
