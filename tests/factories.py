"""Rows for tests, made directly in the database: every builder takes what a test cares about and invents the rest."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.db import connection

from campaigns.delivery.destinations import save_destination
from campaigns.models import (
    Achievement,
    AdBundle,
    AdCampaign,
    AdGroup,
    AdLineItem,
    AdTarget,
    AdUnit,
    Destination,
    Interaction,
    IssuedOffer,
    MessageTemplate,
    Offer,
)
from campaigns.models.ad_type import AdType, CreativeType, DeliveryMethod
from customers.applications.applications import fill_credentials
from customers.models import Application, Customer, CustomerField, Organization
from customers.schema.indexes import FieldIndex
from traces.models import Trace, Trail

STARTS_AT = datetime(2021, 12, 31, 5, tzinfo=UTC)
ENDS_AT = datetime(2022, 1, 4, 5, tzinfo=UTC)
DELIVERED_AT = datetime(2022, 1, 2, 5, tzinfo=UTC)

_numbers = count(1)


@dataclass(frozen=True)
class Credentials:
    """An application and the secret that only its maker knows."""

    application: Application
    secret: str


@dataclass(frozen=True)
class Hierarchy:
    """A campaign with one row at every level."""

    campaign: AdCampaign
    bundle: AdBundle
    line_item: AdLineItem
    group: AdGroup
    creative: AdUnit


def unique(noun: str) -> str:
    """A name that no other row of this run has."""
    return f"{noun} {next(_numbers)}"


def make_organization(**attributes: Any) -> Organization:
    """An organization."""
    return Organization.objects.create(**{"name": unique("Organization")} | attributes)


def make_application(organization: Organization | None = None, **attributes: Any) -> Credentials:
    """An application with its secret."""
    organization = organization or make_organization()
    application = Application(**{"organization": organization, "name": unique("Application")} | attributes)
    secret = fill_credentials(application=application)
    application.save()
    return Credentials(application, secret)


def make_field(organization: Organization, name: str, field_type: str, **attributes: Any) -> CustomerField:
    """A field of the customer schema."""
    return CustomerField.objects.create(organization=organization, name=name, type=field_type, **attributes)


def make_unique(field: CustomerField) -> CustomerField:
    """Mark a field unique, and make its index at once (the maker can't do so in a test's transaction)."""
    CustomerField.objects.filter(pk=field.pk).update(unique=True)
    field.refresh_from_db()
    # What the test's transaction would put off keeps an index from being made.
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(FieldIndex(field, is_unique=True).creation(concurrently=False))
    return field


def _dated(noun: str) -> dict[str, Any]:
    return {"name": unique(noun), "status": "live", "starts_at": STARTS_AT, "ends_at": ENDS_AT}


def make_campaign(organization: Organization, **attributes: Any) -> AdCampaign:
    """A campaign with its bundle."""
    defaults = {"organization": organization, "permalink": unique("permalink").replace(" ", "-")}
    campaign = AdCampaign.objects.create(**defaults | _dated("Campaign") | attributes)
    AdBundle.objects.create(organization=organization, campaign=campaign)
    return campaign


def make_line_item(campaign: AdCampaign, **attributes: Any) -> AdLineItem:
    """The container of a campaign."""
    defaults = {"organization": campaign.organization, "campaign": campaign}
    return AdLineItem.objects.create(**defaults | _dated("Line item") | attributes)


def make_group(line_item: AdLineItem, **attributes: Any) -> AdGroup:
    """A creative group."""
    defaults = {"organization": line_item.organization, "line_item": line_item}
    return AdGroup.objects.create(**defaults | _dated("Group") | attributes)


def make_creative(group: AdGroup, application: Application, **attributes: Any) -> AdUnit:
    """The creative of a group: scheduled, unless `attributes` says otherwise."""
    defaults = {
        "organization": group.organization,
        "creative_group": group,
        "application": application,
        "name": unique("Creative"),
        "status": "draft",
        "ad_type": AdType.ISSUE_AUDIENCE_CSV,
        "creative_type": CreativeType.ISSUE_AUDIENCE_CSV,
        "delivery_method": DeliveryMethod.SCHEDULED,
        "scheduled_delivery_date": DELIVERED_AT,
    }
    return AdUnit.objects.create(**defaults | attributes)


def make_achievement(campaign: AdCampaign, **attributes: Any) -> Achievement:
    """A behavior of a campaign."""
    defaults = {"organization": campaign.organization, "campaign": campaign, "name": unique("Behavior")}
    return Achievement.objects.create(**defaults | {"goal_counts": [None]} | attributes)


def make_goal(behavior: Achievement, **attributes: Any) -> Achievement:
    """A goal of a behavior, in its first goal group."""
    defaults = {"organization": behavior.organization, "campaign": behavior.campaign, "composite": behavior}
    return Achievement.objects.create(
        **defaults | {"name": unique("Goal"), "internal_event_name": "purchase"} | attributes
    )


def make_offer(organization: Organization, **attributes: Any) -> Offer:
    """An offer."""
    return Offer.objects.create(organization=organization, **{"name": unique("Offer")} | attributes)


def make_issued_offer(customer: Customer, offer: Offer | None = None, **attributes: Any) -> IssuedOffer:
    """An offer in a customer's hands."""
    defaults = {"organization": customer.organization, "customer": customer, "key": unique("key")}
    offer = offer or make_offer(customer.organization)
    return IssuedOffer.objects.create(**defaults | {"offer": offer, "issued_at": STARTS_AT} | attributes)


def make_destination(organization: Organization, **attributes: Any) -> Destination:
    """A webhook that is no default."""
    settings, secrets = {"url": "https://hooks.example.org/a"}, {"signing_secret": "whsec_" + "A" * 32}
    known = {"name": unique("Hook"), "kind": "webhook", "is_default": False, "settings": settings, "secrets": secrets}
    return save_destination(destination=Destination(organization=organization), changes=known | attributes)


def make_template(organization: Organization, *, key: str) -> MessageTemplate:
    """The template of a key, made where it is missing."""
    texts = {"subject": "Hello", "text": "Hello"}
    return MessageTemplate.objects.get_or_create(organization=organization, key=key, defaults=texts)[0]


def make_target(owner: AdBundle | AdGroup, **attributes: Any) -> AdTarget:
    """A target of a bundle or a group; points at nobody in particular unless told otherwise."""
    link = {"bundle": owner} if isinstance(owner, AdBundle) else {"creative_group": owner}
    defaults = {"organization": owner.organization, "position": 0, "attribute": "tag", "operator": "exists"}
    return AdTarget.objects.create(**defaults | link | attributes)


def make_hierarchy(application: Application, **campaign: Any) -> Hierarchy:
    """A campaign with a container, a group and a creative, of the organization that owns `application`."""
    top = make_campaign(application.organization, **campaign)
    line_item = make_line_item(top)
    group = make_group(line_item)
    creative = make_creative(group, application)
    return Hierarchy(top, AdBundle.objects.get(campaign=top), line_item, group, creative)


def make_customer(organization: Organization, **attributes: Any) -> Customer:
    """A known customer."""
    return Customer.objects.create(organization=organization, **{"external_id": unique("customer")} | attributes)


def make_anonymous(organization: Organization, **attributes: Any) -> Customer:
    """An anonymous customer, whose external id is its uuid."""
    identity = uuid.uuid4()
    defaults = {"uuid": identity, "external_id": str(identity), "is_anonymous": True}
    return Customer.objects.create(organization=organization, **defaults | attributes)


def make_interaction(customer: Customer, campaign: AdCampaign | None = None) -> Interaction:
    """An offer of a campaign to a customer: what stands behind a tracking token."""
    organization = customer.organization
    campaign = campaign or make_campaign(organization)
    return Interaction.objects.create(organization=organization, customer=customer, campaign=campaign)


def make_trail(customer: Customer, application: Application | None = None) -> Trail:
    """A visit of a customer in a trace of its own."""
    organization = customer.organization
    application = application or make_application(organization).application
    trace = Trace.objects.create(organization=organization, customer=customer, application=application)
    return Trail.objects.create(organization=organization, trace=trace, channel="web")
