"""However many recipients wait, the statements over them read those that they are about."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.postgres.functions import TransactionNow
from django.db import connection
from django.utils import timezone

from campaigns.delivery.deliver import CHOOSE_NEXT_DELIVERY
from campaigns.delivery.recipients.claim import claim_recipients
from campaigns.delivery.recipients.expire import expire_leases
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.delivery.sweep import advance_deliveries, finish_deliveries
from campaigns.delivery.triggered_messages import defer_or_skip, next_triggered_creative
from campaigns.models import AdUnit, Delivery, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.schedule.deliveries import deliveries_of, deliveries_to_watch
from customers.models import Organization
from tests.channels import ENDS_AT, STARTS_AT
from tests.factories import make_achievement, make_application, make_creative, make_customer, make_group, make_hierarchy
from tests.plans import Plans, plans

pytestmark = pytest.mark.django_db
MANY, DELIVERIES = 50_000, 20_000
# What a statement may read beside its own few rows: heads of other creatives, and pages of an index.
FEW = 60
MEMBERS = "campaigns_recipient"
RECIPIENTS = """
INSERT INTO campaigns_recipient (key, organization_id, creative_id, delivery_id, customer_id, state, due_at)
SELECT gen_random_uuid(), %(organization)s, %(creative)s, %(delivery)s, %(customer)s + number, %(state)s::varchar,
    CASE WHEN %(state)s::varchar = 'pending' THEN now() - interval '1 day' + number * interval '1 millisecond' END
FROM generate_series(1, %(number)s) number
"""
OLD_DELIVERIES = """
INSERT INTO campaigns_delivery (organization_id, campaign_id, creative_id, state, scheduled_for, finished_at)
SELECT organization_id, campaign_id, creative_id, 'complete', scheduled_for - number * interval '1 hour',
    '2022-01-01'::timestamptz - number * interval '1 hour'
FROM campaigns_delivery, generate_series(1, %s) number WHERE id = %s
"""
ANALYZE = "ANALYZE campaigns_recipient, campaigns_delivery, campaigns_adunit, customers_customer"


class Ledger:
    """A delivery with many recipients who were sent it, few who wait; a creative whose triggered messages are many, and
    one with a few that wait for less long.
    """

    def __init__(self) -> None:
        application = make_application().application
        self.organization: Organization = application.organization
        dates = {"starts_at": STARTS_AT, "ends_at": ENDS_AT}
        levels = make_hierarchy(application, **dates)
        type(levels.line_item).objects.filter(pk=levels.line_item.pk).update(**dates)
        triggered = {
            "ad_type": AdType.PUSH_MESSAGE,
            "creative_type": CreativeType.MESSAGING_PLATFORM_PUSH,
            "delivery_method": "triggered",
            "scheduled_delivery_date": None,
            "status": "live",
            "achievement": make_achievement(levels.campaign),
        }
        self.many, self.few = (
            make_creative(make_group(levels.line_item, **dates), application, **triggered) for _ in range(2)
        )
        delivery = {"organization": self.organization, "campaign": levels.campaign, "creative": levels.creative}
        self.delivery = Delivery.objects.create(
            **delivery, scheduled_for=datetime(2026, 1, 1, tzinfo=UTC), state="delivering", file_rows=1
        )
        self.customer = make_customer(self.organization)
        self.add(MANY, self.many)
        self.add(5, self.few, customer=self.customer.pk - 1)
        self.add(MANY, levels.creative, self.delivery.pk, state="sent")
        self.add(5, levels.creative, self.delivery.pk, customer=self.customer.pk + MANY)
        waiting = Recipient.objects.filter(delivery=self.delivery, state="pending")
        self.waiting = list(waiting.values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(OLD_DELIVERIES, [DELIVERIES, self.delivery.pk])
            cursor.execute(ANALYZE)

    def add(
        self,
        number: int,
        creative: AdUnit,
        delivery: int | None = None,
        *,
        customer: int = 10**9,
        state: str = "pending",
    ) -> None:
        """Add recipients, each of another customer."""
        values = {"organization": self.organization.pk, "creative": creative.pk, "delivery": delivery, "state": state}
        with connection.cursor() as cursor:
            cursor.execute(RECIPIENTS, {**values, "number": number, "customer": customer})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def take_triggered(ledger: Ledger) -> None:
    taken = claim_recipients(delivery_id=None, creative_id=ledger.few.pk, limit=100)
    assert (len(taken.recipients), taken.left_out) == (1, 4)


def take_of_delivery(ledger: Ledger) -> None:
    assert (
        claim_recipients(delivery_id=ledger.delivery.pk, creative_id=ledger.delivery.creative_id, limit=100).left_out
        == 5
    )


def find_triggered(ledger: Ledger) -> None:
    assert next_triggered_creative() == ledger.many.pk
    assert next_triggered_creative(besides=[ledger.many.pk]) == ledger.few.pk
    assert next_triggered_creative(besides=[ledger.many.pk, ledger.few.pk]) is None


def find_beside_paused(ledger: Ledger) -> None:
    AdUnit.objects.filter(pk=ledger.many.pk).update(status="paused")
    assert next_triggered_creative() == ledger.few.pk


def set_few_aside(ledger: Ledger) -> None:
    assert defer_or_skip(creative_id=ledger.few.pk, state="skipped", error="over") == 5


def find_next_delivery(ledger: Ledger) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CHOOSE_NEXT_DELIVERY, [[]])
        assert cursor.fetchone() == (ledger.delivery.pk,)


def finish_none(_ledger: Ledger) -> None:
    assert not finish_deliveries()


def finish_one(ledger: Ledger) -> None:
    Recipient.objects.filter(pk__in=ledger.waiting).update(state="sent")
    assert finish_deliveries()


def move_on(_ledger: Ledger) -> None:
    assert not advance_deliveries(now=timezone.now())


def expire(ledger: Ledger) -> None:
    claim_recipients(delivery_id=None, creative_id=ledger.few.pk, limit=100)
    Recipient.objects.filter(state="leased").update(due_at=TransactionNow() - timedelta(days=1))
    expire_leases(is_repeatable=lambda _delivery_id, _creative_id: True)
    assert not Recipient.objects.filter(state="leased").exists()


def watch(ledger: Ledger) -> None:
    assert [delivery.pk for delivery in deliveries_to_watch(since=timezone.now() - timedelta(minutes=1))] == [
        ledger.delivery.pk
    ]


def list_by_state(ledger: Ledger) -> None:
    found = deliveries_of(organization=ledger.organization, state="delivering")
    assert [delivery.pk for delivery in found[:20]] == [ledger.delivery.pk]
    assert found.count() == 1


def resolve(ledger: Ledger) -> None:
    keys = list(
        Recipient.objects.filter(creative=ledger.few, delivery=None, state="pending").values_list("key", flat=True)[:2]
    )
    Recipient.objects.filter(pk__in=keys).update(state="ambiguous")
    assert resolve_recipients(organization=ledger.organization, keys=keys, resolution=Resolution.AGAIN) == 2


WORK: list[Callable[[Ledger], Any]] = [
    take_triggered,
    take_of_delivery,
    find_triggered,
    find_beside_paused,
    set_few_aside,
    find_next_delivery,
    finish_none,
    finish_one,
    move_on,
    expire,
    watch,
    list_by_state,
    resolve,
]


def test_statements_read_only_the_recipients_they_are_about(ledger: Ledger) -> None:
    read: dict[str, Plans] = {}
    for work in WORK:
        with plans() as found:
            work(ledger)
        read[work.__name__] = found
    too_much = {
        name: found.rows
        for name, found in read.items()
        if max(found.rows.get(MEMBERS, 0), found.rows.get("campaigns_delivery", 0)) > FEW
    }
    assert not too_much
    whole = {name for name, found in read.items() if found.read_whole & {MEMBERS, "campaigns_delivery"}}
    assert not whole
    assert "recipient_triggered" in read["take_triggered"].indexes
