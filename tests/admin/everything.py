"""A row of every model that the admin shows, of one organization, all of them joined as they are in life."""

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

from campaigns.models import (
    Completion,
    DecisionRecord,
    Delivery,
    Destination,
    Event,
    GoalProgressEvent,
    Interaction,
    IssuedOffer,
    MessageTemplate,
    Outcome,
    Participation,
    Recipient,
)
from campaigns.models.spend_limit import Limit
from campaigns.offers.issuing import Grant, issue_offers
from campaigns.offers.points import adjust_points
from campaigns.spend.ledger import record_spend
from campaigns.spend.limits import set_spend_limit
from customers.models import Application, Customer, CustomerAlias, CustomerField, Operator, Organization, PushToken
from customers.schema.fields import save_field
from funnels.funnels.definitions import save_funnel
from funnels.models import EventBinding, EventOccurrence, FunnelEntry
from marketing_solutions.models import Advertiser, AdvertiserCampaign, Portfolio
from tests.channels import ENDS_AT, STARTS_AT, make_banner, make_event, make_placeholder, make_popup
from tests.factories import (
    Hierarchy,
    make_achievement,
    make_application,
    make_customer,
    make_goal,
    make_hierarchy,
    make_interaction,
    make_offer,
    make_organization,
    make_target,
    make_trail,
    unique,
)
from traces.models import Action, Trace

STEPS = [{"name": "thanks", "type": "message", "title": "Thanks", "message": "Bye.", "actions": ["cancel"]}]


@dataclass
class Everything:
    """The rows, by their model."""

    organization: Organization
    application: Application
    hierarchy: Hierarchy
    customer: Customer
    rows: dict[type[models.Model], models.Model] = field(default_factory=dict)

    def of(self, model: type[models.Model]) -> Any:
        """The row of a model."""
        return self.rows[model]


def make_everything() -> Everything:
    """One organization with one of each."""
    organization = make_organization()
    application = make_application(organization).application
    dates = {"starts_at": STARTS_AT, "ends_at": ENDS_AT}
    hierarchy = make_hierarchy(application, **dates)
    customer = make_customer(organization, attributes={"state": "NY"}, tags=["vip"])
    made = Everything(organization, application, hierarchy, customer)
    keep(made, organization, application, customer)
    keep(made, hierarchy.campaign, hierarchy.bundle, hierarchy.line_item, hierarchy.group, hierarchy.creative)
    for part in (_schema, _behaviors, _delivery, _money, _visits, _channel):
        part(made)
    keep(
        made,
        Operator.objects.create_user(unique("operator").replace(" ", "-")),
        Group.objects.create(name=unique("group")),
    )
    for row in (organization, customer):
        row.refresh_from_db()
    assert set(admin.site._registry) <= made.rows.keys()
    return made


def keep(made: Everything, *rows: models.Model) -> None:
    """Note rows under their models."""
    made.rows |= {type(row): row for row in rows}


def _schema(made: Everything) -> None:
    own: dict[str, Any] = {"organization": made.organization}
    state = save_field(field=CustomerField(**own, name="state", type="string"))
    alias = CustomerAlias.objects.create(**own, customer=made.customer, external_id=unique("former"), uuid=uuid.uuid4())
    token = PushToken.objects.create(
        **own, customer=made.customer, application=made.application, token=unique("token"), platform="ios"
    )
    keep(made, state, alias, token, make_target(made.hierarchy.bundle, attribute="state"))


def _behaviors(made: Everything) -> None:
    own: dict[str, Any] = {"organization": made.organization, "customer": made.customer}
    behavior = make_achievement(made.hierarchy.campaign)
    goal = make_goal(behavior)
    now = timezone.now()
    offer = make_offer(made.organization, total_limit=10)
    key = unique("key")
    issue_offers(organization_id=made.organization.pk, grants=[Grant(offer.pk, made.customer.pk, key, now)])
    offer.refresh_from_db()
    completion = Completion.objects.create(**own, achievement=behavior, at=now)
    entry = adjust_points(
        organization=made.organization, customer_id=made.customer.pk, amount=7, note="a gift", now=now
    )
    outcome = Outcome.objects.create(organization=made.organization, achievement=behavior, offer=offer)
    event = Event.objects.create(**own, name="purchase", at=now, event_id=unique("event"))
    keep(
        made,
        GoalProgressEvent.objects.create(**own, goal=goal, at=now),
        behavior,
        offer,
        completion,
        entry,
        outcome,
        event,
        IssuedOffer.objects.get(key=key),
    )


def _delivery(made: Everything) -> None:
    own: dict[str, Any] = {"organization": made.organization}
    creative: Any = made.hierarchy.creative
    delivery = Delivery.objects.create(
        **own,
        campaign=made.hierarchy.campaign,
        creative=creative,
        scheduled_for=creative.scheduled_delivery_date,
        state="complete",
        audience=1,
        sent=1,
    )
    member = Recipient.objects.create(**own, delivery=delivery, creative=creative, customer=made.customer, state="sent")
    template = MessageTemplate.objects.create(**own, key=unique("key"), subject="Hello", text="Hello")
    keep(made, delivery, member, template, Destination.objects.create(**own, name=unique("file"), kind="file"))


def _money(made: Everything) -> None:
    campaign, organization = made.hierarchy.campaign, made.organization
    now = timezone.now()
    limit = set_spend_limit(
        organization=organization, campaign_id=campaign.pk, limit=Limit("capped", "daily", Decimal(10)), now=now
    )
    entry = record_spend(organization=organization, campaign=campaign, amount=Decimal("0.5"), at=now)
    advertiser = Advertiser.objects.create(organization=organization, name=unique("advertiser"))
    link = AdvertiserCampaign.objects.create(organization=organization, campaign=campaign, advertiser=advertiser)
    portfolio = Portfolio.objects.create(organization=organization, application=made.application, advertiser=advertiser)
    keep(made, limit, entry, advertiser, link, portfolio, campaign.spend_totals.earliest("id"))


def _visits(made: Everything) -> None:
    own: dict[str, Any] = {"organization": made.organization, "customer": made.customer}
    trail = make_trail(made.customer, made.application)
    action = Action.objects.create(organization=made.organization, trail=trail, name="home", type="location")
    interaction = make_interaction(made.customer, made.hierarchy.campaign)
    took = Participation.objects.create(**own, campaign=made.hierarchy.campaign, seen_count=1)
    record = DecisionRecord.objects.create(**own, source="active", at=timezone.now(), version=1)
    keep(made, trail, trail.trace, action, interaction, took, record)


def _channel(made: Everything) -> None:
    campaign, application = made.hierarchy.campaign, made.application
    banner = make_banner(make_placeholder(application), campaign)
    popup, event = make_popup(application, campaign), make_event(application, campaign)
    funnel = save_funnel(organization=made.organization, campaign_id=campaign.pk, steps=STEPS)
    interaction, trace = made.of(Interaction), made.of(Trace)
    own: dict[str, Any] = {"organization": made.organization, "customer": made.customer, "campaign": campaign}
    entry = FunnelEntry.objects.create(**own, version=funnel.version, interaction=interaction, step="thanks")
    told = EventOccurrence.objects.create(**own, event=event, trace=trace, token=interaction.token)
    keep(made, banner, banner.placeholder, popup, event, funnel, entry, told, EventBinding.objects.get(event=event))
