"""Behaviors for tests, made directly in the database: what a test doesn't say is as if nobody had said it."""

from datetime import UTC, datetime
from typing import Any

from campaigns.behaviors.events import Recorded, record_events
from campaigns.behaviors.run import CustomerEvent
from campaigns.models import Achievement, AdCampaign, Completion, Offer, Outcome, TriggeredEvent
from customers.models import Customer, Organization
from customers.organizations.organizations import bump_version
from tests.channels import ENDS_AT, STARTS_AT, make_live_campaign
from tests.factories import make_application, make_creative, make_group, make_line_item, unique

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def make_behavior(campaign: AdCampaign, *goals: dict[str, Any], **attributes: Any) -> Achievement:
    """A behavior with goals of the event `buy`; without any it has one, which a single event completes."""
    behavior = Achievement.objects.create(
        organization=campaign.organization, campaign=campaign, **{"name": unique("behavior")} | attributes
    )
    for goal in goals or ({},):
        Achievement.objects.create(
            organization=campaign.organization,
            campaign=campaign,
            composite=behavior,
            **{"name": unique("goal"), "internal_event_name": "buy"} | goal,
        )
    bump_version(organization=campaign.organization)
    return behavior


def make_live_behavior(organization: Organization, *goals: dict[str, Any], **attributes: Any) -> Achievement:
    """The same of a campaign that is live for decades."""
    return make_behavior(make_live_campaign(organization), *goals, **attributes)


def add_outcome(behavior: Achievement, *, offer: Offer | None = None, event: str | None = None) -> None:
    """An offer to be issued, or a further event."""
    triggered = TriggeredEvent.objects.create(organization=behavior.organization, name=event) if event else None
    Outcome.objects.create(organization=behavior.organization, achievement=behavior, offer=offer, event=triggered)
    bump_version(organization=behavior.organization)


def add_message(behavior: Achievement, **campaign: Any) -> None:
    """A live push message for who earns the behavior."""
    type(behavior.campaign).objects.filter(pk=behavior.campaign_id).update(**campaign)
    dates = {"starts_at": STARTS_AT, "ends_at": ENDS_AT}
    group = make_group(make_line_item(behavior.campaign, **dates), **dates)
    application = make_application(behavior.organization).application
    kind = {"ad_type": "push_message", "creative_type": "messaging-platform-push", "delivery_method": "triggered"}
    make_creative(group, application, status="live", achievement=behavior, scheduled_delivery_date=None, **kind)
    bump_version(organization=behavior.organization)


def record(customer: Customer, *events: CustomerEvent | datetime, name: str = "buy") -> list[Recorded]:
    """Tell events of a customer in one batch; a bare time is an event of `name`."""
    told = [event if isinstance(event, CustomerEvent) else CustomerEvent(customer.pk, name, event) for event in events]
    organization = Organization.objects.get(pk=customer.organization_id)
    return record_events(organization=organization, events=told, now=NOW)


def times_earned(behavior: Achievement) -> int:
    """How often it was earned, by anybody."""
    return Completion.objects.filter(achievement=behavior).count()
