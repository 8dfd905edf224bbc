"""An audience in the ledger, as deliveries leave it to a channel."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from campaigns.delivery.channels.base import Message, Recipient
from campaigns.models import AudienceJob, AudienceMember, Destination
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
    """A job's message and its recipients."""

    organization: Organization
    job: AudienceJob
    message: Message
    recipients: tuple[Recipient, ...]

    def destination(self, kind: str, *, secrets: dict[str, str] | None = None, **attributes: Any) -> Destination:
        """The default destination of a kind."""
        made = Destination(**{"organization": self.organization, "name": unique(kind), "kind": kind} | attributes)
        made.keep_secrets(secrets or {})
        made.save()
        return made

    def says(self, **changes: Any) -> Message:
        """The message with some members changed."""
        return replace(self.message, **changes)

    def batches(self, size: int = 2) -> Iterator[Sequence[Recipient]]:
        """As deliveries read them from the database."""
        for first in range(0, len(self.recipients), size):
            yield self.recipients[first : first + size]


def make_audience(people: Sequence[dict[str, Any]] = PEOPLE) -> Audience:
    """A job with a member for each set of attributes, and one more that was turned away."""
    application = make_application().application
    organization, hierarchy = application.organization, make_hierarchy(application)
    unit = hierarchy.unit
    job = AudienceJob.objects.create(
        organization=organization, campaign=hierarchy.campaign, unit=unit, scheduled_for=SCHEDULED_FOR
    )
    customers = [make_customer(organization, attributes=attributes) for attributes in people]
    rows = {"organization": organization, "job": job, "unit": unit}
    members = [AudienceMember.objects.create(customer=customer, **rows) for customer in customers]
    AudienceMember.objects.create(customer=make_customer(organization), state="skipped", **rows)
    recipients = tuple(_recipient(member.key, customer) for member, customer in zip(members, customers, strict=True))
    return Audience(organization, job, _message(job), recipients)


def _message(job: AudienceJob) -> Message:
    unit = job.unit
    return Message(
        organization_id=job.organization_id,
        application_id=unit.application_id,
        campaign_id=job.campaign_id,
        campaign_name="Spring",
        unit_id=unit.pk,
        unit_name="Hello",
        ad_type=unit.ad_type,
        creative_type=unit.creative_type,
        template_id="welcome",
        offer_ids=("ten-off", "coffee"),
        portal_description="Check out this ad!",
        portal_icon="/images/icon.png",
        second_sn_audience_guid=None,
        job_id=job.pk,
        job_key=job.key,
        scheduled_for=SCHEDULED_FOR,
    )


def _recipient(key: uuid.UUID, customer: Customer) -> Recipient:
    return Recipient(key, customer.pk, customer.uuid, customer.external_id, customer.attributes)
