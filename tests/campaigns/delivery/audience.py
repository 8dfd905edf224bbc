"""An audience in the ledger, as deliveries leave it to a channel."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from campaigns.delivery.channels.base import ClaimedRecipient, Message
from campaigns.models import Delivery, Destination, Recipient
from campaigns.models.ad_type import CREATIVE_TYPES, AdType
from customers.models import Customer, Organization
from tests.factories import make_application, make_customer, make_hierarchy, unique

SCHEDULED_FOR = datetime(2022, 1, 2, 5, tzinfo=UTC)
# What is awkward in CSV, in JSON and in mail stands in here.
PEOPLE: tuple[dict[str, Any], ...] = (
    {
        "first_name": "Ada",
        "email": "Ada@Example.org ",
        "state": "NY",
        "points_of_2021": 12,
        "phone": "+1 (555) 010-0001",
    },
    {"first_name": 'Bob "the, builder"', "email": "bob@example.org", "vip": True},
    {"first_name": "Çelik\nÖz", "zip": "94043-1234"},
)


@dataclass(frozen=True)
class Audience:
    """A delivery's message and its recipients."""

    organization: Organization
    delivery: Delivery
    message: Message
    recipients: tuple[ClaimedRecipient, ...]

    def destination(self, kind: str, *, secrets: dict[str, str] | None = None, **attributes: Any) -> Destination:
        """The default destination of a kind."""
        made = Destination(**{"organization": self.organization, "name": unique(kind), "kind": kind} | attributes)
        made.set_secrets(secrets or {})
        made.save()
        return made

    def says(self, **changes: Any) -> Message:
        """The message with some members changed; a type of message has its first creative type unless one is named."""
        if "ad_type" in changes:
            changes = {"creative_type": CREATIVE_TYPES[AdType(changes["ad_type"])][0], **changes}
        return replace(self.message, **changes)

    def batches(self, size: int = 2) -> Iterator[Sequence[ClaimedRecipient]]:
        """As deliveries read them from the database."""
        for first in range(0, len(self.recipients), size):
            yield self.recipients[first : first + size]


def make_audience(people: Sequence[dict[str, Any]] = PEOPLE) -> Audience:
    """A delivery with a member for each set of attributes, and one more that was turned away."""
    application = make_application().application
    organization, hierarchy = application.organization, make_hierarchy(application)
    creative = hierarchy.creative
    delivery = Delivery.objects.create(
        organization=organization, campaign=hierarchy.campaign, creative=creative, scheduled_for=SCHEDULED_FOR
    )
    customers = [make_customer(organization, attributes=attributes) for attributes in people]
    rows = {"organization": organization, "delivery": delivery, "creative": creative}
    members = [Recipient.objects.create(customer=customer, **rows) for customer in customers]
    Recipient.objects.create(customer=make_customer(organization), state="skipped", **rows)
    recipients = tuple(_recipient(member.key, customer) for member, customer in zip(members, customers, strict=True))
    return Audience(organization, delivery, _message(delivery), recipients)


def _message(delivery: Delivery) -> Message:
    creative = delivery.creative
    return Message(
        organization_id=delivery.organization_id,
        campaign_id=delivery.campaign_id,
        campaign_name="Spring",
        creative_id=creative.pk,
        creative_name="Hello",
        ad_type=creative.ad_type,
        creative_type=creative.creative_type,
        template_id="welcome",
        offer_ids=("ten-off", "coffee"),
        portal_description="Check out this ad!",
        portal_icon="/images/icon.png",
        delivery_id=delivery.pk,
        delivery_key=delivery.key,
        scheduled_for=SCHEDULED_FOR,
    )


def _recipient(key: uuid.UUID, customer: Customer) -> ClaimedRecipient:
    return ClaimedRecipient(key, customer.pk, customer.uuid, customer.external_id, customer.attributes)
