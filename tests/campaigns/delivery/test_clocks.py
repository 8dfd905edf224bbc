"""A worker whose clock is wrong: leases and what is due are judged by the clock of the database."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.delivery import couriers
from campaigns.delivery.build_chunk import build_chunk, take_chunk
from campaigns.delivery.recipients.claim import take_recipients
from campaigns.models import AudienceChunk, AudienceJob, AudienceMember
from campaigns.models.ad_type import AdType
from campaigns.models.audience_job import JobState
from campaigns.tasks import sweep, work_once
from tests.campaigns.delivery.scheduled import EMAIL, Provider, make_job, make_people, make_scheduled, work

pytestmark = pytest.mark.django_db
WRONG = pytest.mark.parametrize("wrong", [timedelta(days=3), timedelta(days=-3)], ids=["ahead", "behind"])


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Another system that takes emails."""
    found = Provider()
    monkeypatch.setitem(couriers.MAKERS, AdType.EMAIL_MESSAGE, lambda _message: found)
    return found


@WRONG
def test_living_leases_are_left_alone_and_dead_ones_are_not(provider: Provider, wrong: timedelta) -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 12)
    job = make_job(rows)
    sweep()
    building = take_chunk()
    assert building
    with time_machine.travel(timezone.now() + wrong):
        assert take_chunk() is None
        AudienceChunk.objects.update(leased_until=building.job.created_at - timedelta(seconds=1))
        while job.state != JobState.DELIVERING:
            chunk = take_chunk()
            assert chunk is None or build_chunk(leased=chunk)
            assert sweep() or chunk, job.state
            job.refresh_from_db()
        held = take_recipients(job_id=job.pk, unit_id=rows.unit.pk, limit=3)
        work()
        assert len(provider.given) == job.audience - len(held.recipients)
        AudienceMember.objects.filter(state="leased").update(due_at=job.created_at - timedelta(seconds=1))
        work()
    job.refresh_from_db()
    assert (job.state, job.ambiguous, job.sent) == (JobState.COMPLETE, 3, job.audience - 3)
    assert len(provider.given) == len(set(provider.given)) == job.sent


@WRONG
def test_nothing_begins_early_or_is_skipped_for_a_wrong_clock(provider: Provider, wrong: timedelta) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    due = make_scheduled(**EMAIL)
    make_people(due.campaign.organization, 6)
    job = make_job(due)
    later = make_job(make_scheduled(due.campaign.organization, scheduled_delivery_date=tomorrow))
    with time_machine.travel(timezone.now() + wrong):
        while sweep() or work_once():
            pass
    states = dict(AudienceJob.objects.values_list("pk", "state"))
    assert states == {job.pk: JobState.COMPLETE, later.pk: JobState.SCHEDULED}
    assert len(provider.given) > 0
