"""However many recipients wait, the statements over them read those that they are about."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.postgres.functions import TransactionNow
from django.db import connection
from django.utils import timezone

from campaigns.delivery.deliver import NEXT
from campaigns.delivery.recipients.claim import take_recipients
from campaigns.delivery.recipients.expire import expire_leases
from campaigns.delivery.recipients.resolve import Verdict, resolve_recipients
from campaigns.delivery.sweep import finish_jobs, move_jobs_on
from campaigns.delivery.triggered import next_triggered_unit, set_aside
from campaigns.models import AdUnit, AudienceJob, AudienceMember
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.schedule.deliveries import deliveries_of, deliveries_to_watch
from customers.models import Organization
from tests.channels import ENDS_AT, STARTS_AT
from tests.factories import make_achievement, make_application, make_customer, make_group, make_hierarchy, make_unit
from tests.plans import Plans, plans

pytestmark = pytest.mark.django_db
MANY, JOBS = 50_000, 20_000
# What a statement may read beside its own few rows: heads of other creatives, and pages of an index.
FEW = 60
MEMBERS = "campaigns_audiencemember"
RECIPIENTS = """
INSERT INTO campaigns_audiencemember (key, organization_id, unit_id, job_id, customer_id, state, due_at)
SELECT gen_random_uuid(), %(organization)s, %(unit)s, %(job)s, %(customer)s + number, %(state)s::varchar,
    CASE WHEN %(state)s::varchar = 'pending' THEN now() - interval '1 day' + number * interval '1 millisecond' END
FROM generate_series(1, %(number)s) number
"""
OLD_JOBS = """
INSERT INTO campaigns_audiencejob (organization_id, campaign_id, unit_id, state, scheduled_for, finished_at)
SELECT organization_id, campaign_id, unit_id, 'complete', scheduled_for - number * interval '1 hour',
    '2022-01-01'::timestamptz - number * interval '1 hour'
FROM campaigns_audiencejob, generate_series(1, %s) number WHERE id = %s
"""
ANALYZE = "ANALYZE campaigns_audiencemember, campaigns_audiencejob, campaigns_adunit, customers_customer"


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
            make_unit(make_group(levels.line_item, **dates), application, **triggered) for _ in range(2)
        )
        job = {"organization": self.organization, "campaign": levels.campaign, "unit": levels.unit}
        self.job = AudienceJob.objects.create(
            **job, scheduled_for=datetime(2026, 1, 1, tzinfo=UTC), state="delivering", file_rows=1
        )
        self.customer = make_customer(self.organization)
        self.add(MANY, self.many)
        self.add(5, self.few, customer=self.customer.pk - 1)
        self.add(MANY, levels.unit, self.job.pk, state="sent")
        self.add(5, levels.unit, self.job.pk, customer=self.customer.pk + MANY)
        waiting = AudienceMember.objects.filter(job=self.job, state="pending")
        self.waiting = list(waiting.values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(OLD_JOBS, [JOBS, self.job.pk])
            cursor.execute(ANALYZE)

    def add(
        self, number: int, unit: AdUnit, job: int | None = None, *, customer: int = 10**9, state: str = "pending"
    ) -> None:
        """Add recipients, each of another customer."""
        values = {"organization": self.organization.pk, "unit": unit.pk, "job": job, "state": state}
        with connection.cursor() as cursor:
            cursor.execute(RECIPIENTS, {**values, "number": number, "customer": customer})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def take_triggered(ledger: Ledger) -> None:
    taken = take_recipients(job_id=None, unit_id=ledger.few.pk, limit=100)
    assert (len(taken.recipients), taken.left_out) == (1, 4)


def take_of_job(ledger: Ledger) -> None:
    assert take_recipients(job_id=ledger.job.pk, unit_id=ledger.job.unit_id, limit=100).left_out == 5


def find_triggered(ledger: Ledger) -> None:
    assert next_triggered_unit() == ledger.many.pk
    assert next_triggered_unit(besides=[ledger.many.pk]) == ledger.few.pk
    assert next_triggered_unit(besides=[ledger.many.pk, ledger.few.pk]) is None


def find_beside_paused(ledger: Ledger) -> None:
    AdUnit.objects.filter(pk=ledger.many.pk).update(status="paused")
    assert next_triggered_unit() == ledger.few.pk


def set_few_aside(ledger: Ledger) -> None:
    assert set_aside(unit_id=ledger.few.pk, state="skipped", error="over") == 5


def find_next_job(ledger: Ledger) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [[]])
        assert cursor.fetchone() == (ledger.job.pk,)


def finish_none(_ledger: Ledger) -> None:
    assert not finish_jobs()


def finish_one(ledger: Ledger) -> None:
    AudienceMember.objects.filter(pk__in=ledger.waiting).update(state="sent")
    assert finish_jobs()


def move_on(_ledger: Ledger) -> None:
    assert not move_jobs_on(now=timezone.now())


def expire(ledger: Ledger) -> None:
    take_recipients(job_id=None, unit_id=ledger.few.pk, limit=100)
    AudienceMember.objects.filter(state="leased").update(due_at=TransactionNow() - timedelta(days=1))
    expire_leases(is_repeatable=lambda _job_id, _unit_id: True)
    assert not AudienceMember.objects.filter(state="leased").exists()


def watch(ledger: Ledger) -> None:
    assert [job.pk for job in deliveries_to_watch(since=timezone.now() - timedelta(minutes=1))] == [ledger.job.pk]


def list_by_state(ledger: Ledger) -> None:
    found = deliveries_of(organization=ledger.organization, state="delivering")
    assert [job.pk for job in found[:20]] == [ledger.job.pk]
    assert found.count() == 1


def resolve(ledger: Ledger) -> None:
    keys = list(
        AudienceMember.objects.filter(unit=ledger.few, job=None, state="pending").values_list("key", flat=True)[:2]
    )
    AudienceMember.objects.filter(pk__in=keys).update(state="ambiguous")
    assert resolve_recipients(organization=ledger.organization, keys=keys, verdict=Verdict.AGAIN) == 2


WORK: list[Callable[[Ledger], Any]] = [
    take_triggered,
    take_of_job,
    find_triggered,
    find_beside_paused,
    set_few_aside,
    find_next_job,
    finish_none,
    finish_one,
    move_on,
    expire,
    watch,
    list_by_state,
    resolve,
]


def test_what_many_others_wait_for_is_not_read(ledger: Ledger) -> None:
    read: dict[str, Plans] = {}
    for work in WORK:
        with plans() as found:
            work(ledger)
        read[work.__name__] = found
    too_much = {
        name: found.rows
        for name, found in read.items()
        if max(found.rows.get(MEMBERS, 0), found.rows.get("campaigns_audiencejob", 0)) > FEW
    }
    assert not too_much
    whole = {name for name, found in read.items() if found.read_whole & {MEMBERS, "campaigns_audiencejob"}}
    assert not whole
    assert "audience_member_triggered" in read["take_triggered"].indexes
