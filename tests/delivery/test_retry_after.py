"""How long a destination may have deliveries wait: an hour at a time, and not for ever; and all can see why."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import AudienceJob, AudienceMember, Destination
from campaigns.models.ad_type import AdType
from campaigns.services.deliveries import MOST_FAILURES
from campaigns.services.recipients import Triggered, Verdict, add_triggered_recipients, resolve_recipients
from tests.campaigns.audiences.scheduled import LONG_AGO, make_job, make_people, make_scheduled, work
from tests.delivery.servers import World
from tests.factories import Hierarchy, make_customer

pytestmark = pytest.mark.django_db
WEBHOOK: dict[str, Any] = {"ad_type": AdType.MESSAGING_PLATFORM, "creative_type": "messaging-platform-external"}
ABSURD = ["31536000", "9" * 20, "Fri, 31 Dec 9999 23:59:59 GMT"]
AN_HOUR = timedelta(hours=1, minutes=1)


def _scheduled(world: World, **unit: Any) -> Hierarchy:
    rows = make_scheduled(**WEBHOOK, **unit)
    settings = {"url": world.url, "concurrency": 1}
    made = Destination(organization=rows.campaign.organization, name="CRM", kind="webhook", settings=settings)
    made.keep_secrets({"signing_secret": "secret"})
    made.save()
    return rows


def _make_due() -> None:
    AudienceMember.objects.filter(state="pending").update(due_at=LONG_AGO)
    AudienceJob.objects.update(leased_until=None)


@pytest.mark.parametrize("asked", ABSURD)
def test_a_delivery_waits_an_hour_at_most_and_says_why(world: World, admin_client: Client, asked: str) -> None:
    rows = _scheduled(world)
    make_people(rows.campaign.organization, 6)
    job = make_job(rows)
    world.will(429, retry_after=asked)
    work()
    job.refresh_from_db()
    told = "HTTP 429 Too Many Requests; it asks to wait 3600 s"
    assert (job.state, job.failures, job.error) == (
        *("delivering", 1),
        f"The destination can't be reached: {told}",
    )
    assert job.leased_until
    assert timedelta(minutes=59) < job.leased_until - timezone.now() < AN_HOUR
    waiting = AudienceMember.objects.get(job=job, error=told)
    assert waiting.due_at
    assert waiting.due_at - timezone.now() < AN_HOUR
    # Nobody else is asked meanwhile.
    assert len(world.got) == 1
    for page in ("", f"{waiting.pk}/change/"):
        assert admin_client.get(f"/admin/campaigns/audiencemember/{page}").status_code == 200


def test_a_destination_that_always_asks_to_wait_fails_its_delivery(world: World) -> None:
    rows = _scheduled(world)
    make_people(rows.campaign.organization, 6)
    job = make_job(rows)
    world.will(*[429] * MOST_FAILURES, retry_after="31536000")
    for _ in range(MOST_FAILURES):
        work()
        _make_due()
    job.refresh_from_db()
    assert (job.state, job.failures, len(world.got)) == ("failed", MOST_FAILURES, MOST_FAILURES)
    assert "it asks to wait" in job.error


def test_a_triggered_message_waits_for_a_day(world: World) -> None:
    rows = _scheduled(world, delivery_method="triggered")
    organization = rows.campaign.organization
    message = Triggered(uuid.uuid4(), rows.unit.pk, make_customer(organization).pk)
    add_triggered_recipients(organization_id=organization.pk, messages=[message], at=LONG_AGO)
    world.will(*[429] * 3, retry_after="31536000")
    for _ in range(2):
        work()
        waiting = AudienceMember.objects.get()
        assert (waiting.state, waiting.attempts) == ("pending", 0)
        assert "it asks to wait 3600 s" in (waiting.error or "")
        _make_due()
    AudienceMember.objects.update(tried_since=timezone.now() - timedelta(hours=25))
    work()
    waiting = AudienceMember.objects.get()
    assert (waiting.state, len(world.got)) == ("failed", 3)
    # Whoever has it sent again gives it another day.
    assert resolve_recipients(organization=organization, keys=[message.key], verdict=Verdict.AGAIN) == 1
    assert AudienceMember.objects.get().tried_since is None
    work()
    assert AudienceMember.objects.get().state == "sent"
