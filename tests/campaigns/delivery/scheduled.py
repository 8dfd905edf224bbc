"""A scheduled message with customers around it, and the work of a worker done at once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.channels.base import (
    AudienceExport,
    ClaimedRecipient,
    ExportedFile,
    Message,
    Outcome,
    Result,
    Wanted,
    always,
)
from campaigns.delivery.sweep import advance_deliveries
from campaigns.models import Delivery, Participation, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.delivery import DeliveryState
from campaigns.schedule.synchronise import synchronise_deliveries
from campaigns.tasks import sweep, work_once
from customers.models import Customer, Organization
from tests.factories import Hierarchy, make_achievement, make_application, make_field, make_hierarchy, make_target
from tests.stand_ins import wait_for_stand_ins

DAY = timedelta(days=1)
LONG_AGO, FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
EMAIL: dict[str, Any] = {"ad_type": AdType.EMAIL_MESSAGE, "creative_type": CreativeType.MESSAGING_PLATFORM_EMAIL}
PUSH: dict[str, Any] = {"ad_type": AdType.PUSH_MESSAGE, "creative_type": CreativeType.MESSAGING_PLATFORM_PUSH}
CSV: dict[str, Any] = {"ad_type": AdType.ISSUE_AUDIENCE_CSV, "creative_type": CreativeType.ISSUE_AUDIENCE_CSV}
NO_MESSAGE: dict[str, Any] = {
    "ad_type": AdType.ISSUE_AUDIENCE_CSV_NO_MSG,
    "creative_type": CreativeType.ISSUE_AUDIENCE_CSV_NO_MSG,
}


def make_scheduled(organization: Organization | None = None, **creative: Any) -> Hierarchy:
    """A live hierarchy whose message was due a moment ago; no delivery yet."""
    application = make_application(organization).application
    rows = make_hierarchy(application, starts_at=LONG_AGO, ends_at=FAR_AHEAD)
    for level in (rows.line_item, rows.group):
        level.starts_at, level.ends_at = LONG_AGO, FAR_AHEAD
        level.save()
    changes = {
        "status": "live",
        "scheduled_delivery_date": timezone.now() - timedelta(seconds=5),
        **NO_MESSAGE,
    } | creative
    if changes.get("delivery_method") == "triggered":
        changes |= {"achievement": make_achievement(rows.campaign), "scheduled_delivery_date": None}
    for name, value in changes.items():
        setattr(rows.creative, name, value)
    rows.creative.save()
    return rows


def a_day_passes() -> None:
    """What was counted today was counted yesterday."""
    for model in (Recipient, Delivery, Participation):
        model.objects.filter(capped_from__isnull=False).update(capped_from=F("capped_from") - DAY)


def make_people(organization: Organization, number: int = 60) -> list[Customer]:
    """Customers of many kinds: half of them are of state CA, a third have no consent."""
    make_field(organization, "state", "string")
    make_field(organization, "age", "integer")
    return Customer.objects.bulk_create(
        Customer(
            organization=organization,
            external_id=f"C{index}",
            attributes={"state": "CA" if index % 2 else "NY", "age": index},
            tags=["vip"] if index % 5 else [],
            consent=index % 3 > 0,
            email_consent=index % 7 > 0,
        )
        for index in range(number)
    )


def make_targets(rows: Hierarchy) -> None:
    """California, and vips above ten."""
    make_target(rows.bundle, attribute="state", operator="in", values=["CA"])
    make_target(rows.group, attribute="age", operator="gte", values=[10])
    make_target(rows.group, position=1, attribute="tag", operator="in", values=["vip"])


def make_delivery(rows: Hierarchy) -> Delivery:
    """The delivery of the hierarchy's creative, made as every service makes it."""
    synchronise_deliveries(organization=rows.campaign.organization, level=rows.campaign)
    return Delivery.objects.get(creative=rows.creative)


def work() -> None:
    """Do everything that is due now; what a stand-in has begun is done too."""
    while sweep() or work_once():
        wait_for_stand_ins()


def build(delivery: Delivery) -> None:
    """Build the audience, up to where delivering begins."""
    now = timezone.now()
    while delivery.state != DeliveryState.DELIVERING:
        advance_deliveries(now=now)
        leased = claim_chunk()
        assert leased is None or build_chunk(leased=leased)
        delivery.refresh_from_db()


def states_of(delivery: Delivery) -> dict[str, int]:
    """How many members are in each state."""
    counted: dict[str, int] = {}
    for state in Recipient.objects.filter(delivery=delivery).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


class Provider:
    """Another system: it keeps what it was given, and answers as it is told."""

    destination = "provider"
    rate: float | None = None

    def __init__(self, *, deduplicates: bool = False, batch_size: int = 7) -> None:
        self.deduplicates, self.batch_size = deduplicates, batch_size
        self.given: list[UUID] = []
        self.outcomes: dict[int, list[Outcome]] = {}

    def send(self, _message: Message, recipients: Sequence[ClaimedRecipient], _wanted: Wanted = always) -> list[Result]:
        """Take all, except as `outcomes` (by customer id) says."""
        self.given += [each.key for each in recipients]
        return [Result(each.key, self._outcome(each.customer_id), reference="ref") for each in recipients]

    def _outcome(self, customer_id: int) -> Outcome:
        planned = self.outcomes.get(customer_id)
        return planned.pop(0) if planned else Outcome.SENT


class Folder(AudienceExport):
    """A file export that keeps its people in memory."""

    destination = "folder"

    def __init__(self) -> None:
        self.people: list[str | None] = []

    def export(self, _message: Message, batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:
        """Read everybody."""
        self.people = [each.external_id for batch in batches for each in batch]
        return ExportedFile("audience.csv", len(self.people), "0" * 64)
