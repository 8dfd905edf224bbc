"""kill -9 in the middle of building and of handing over: the audience is whole, and nobody is written to twice."""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from campaigns.models import AudienceChunk, AudienceJob, AudienceMember
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.audience_job import JobState
from customers.models import Customer, Organization
from customers.services.generation import generate_customers
from tests.campaigns.audiences.scheduled import EMAIL, make_job, make_scheduled
from tests.config.served import until
from tests.factories import make_organization, make_target
from tests.faults.worker import Worker, database_url

PUSH = {"ad_type": AdType.PUSH_MESSAGE, "creative_type": CreativeType.MESSAGING_PLATFORM_PUSH}
PEOPLE = 300
STATES = ["CA", "NY", "TX"]
BROKERS = ["", pytest.param(os.environ.get("REDIS_URL"), marks=pytest.mark.skipif("not os.environ.get('REDIS_URL')"))]


@pytest.fixture
def organization(transactional_db: None) -> Organization:  # noqa: ARG001
    """Three hundred customers."""
    found = make_organization()
    for _ in generate_customers(organization=found, number=PEOPLE):
        pass
    return found


@pytest.fixture(params=BROKERS, ids=["in-process", "celery"])
def worker(request: pytest.FixtureRequest, organization: Organization, tmp_path: Path) -> Iterator[Worker]:  # noqa: ARG001
    """A worker that has not begun anything; with Redis also a second beat."""
    if request.param:
        redis.Redis.from_url(request.param).delete("celery")
    found = Worker(tmp_path, redis_url=request.param, beats=2)
    yield found
    found.kill()


def test_killed_again_and_again_nothing_is_lost_and_nothing_twice(
    worker: Worker, organization: Organization, tmp_path: Path
) -> None:
    known = _delivered_under_fire(worker, organization, tmp_path / "known", EMAIL)
    blind = _delivered_under_fire(worker, organization, tmp_path / "blind", PUSH)
    for job, consent in ((known, "email_consent"), (blind, "push_consent")):
        here = Customer.objects.filter(organization=organization, attributes__state__in=STATES)
        reference = set(here.filter(**{"consent": True, consent: True}).values_list("pk", flat=True))
        members = AudienceMember.objects.filter(job=job)
        assert set(members.values_list("customer_id", flat=True)) == reference
        assert members.count() == job.audience == len(reference) > 50
    given = _keys(tmp_path / "known")
    assert len(given) > len(set(given)) == known.sent == known.audience, "what was in doubt went under its key again"
    given = _keys(tmp_path / "blind")
    assert len(given) == len(set(given)) == blind.audience
    assert 0 < blind.ambiguous <= 20
    assert blind.sent == blind.audience - blind.ambiguous


def _delivered_under_fire(worker: Worker, organization: Organization, provider: Path, message: Any) -> AudienceJob:
    """A delivery whose worker is killed in the middle of a chunk, and then between handing over and writing it down."""
    rows = make_scheduled(organization, **message)
    make_target(rows.bundle, attribute="state", operator="in", values=STATES)
    with closing(psycopg.connect(database_url())) as other:
        # Whoever builds now waits in the middle of a chunk, until it is killed there.
        other.execute("LOCK TABLE campaigns_audiencemember IN SHARE MODE")
        job = make_job(rows)
        begun = AudienceChunk.objects.filter(job=job, lease__isnull=False)
        until(begun.exists, "a chunk that is begun", 30)
        worker.kill()
    bullet = provider.with_suffix(".kill")
    bullet.touch()
    worker.start()
    until(lambda: _looked_after(worker) and not bullet.exists(), "death after handing over", 30)
    until(lambda: _looked_after(worker) and _state_of(job) == JobState.COMPLETE, "the end", 30)
    return job


def _looked_after(worker: Worker) -> bool:
    if worker.is_dead:
        worker.revive()
    return True


def _state_of(job: AudienceJob) -> str:
    job.refresh_from_db()
    return job.state


def _keys(path: Path) -> list[uuid.UUID]:
    return [uuid.UUID(line) for line in path.read_text().split()]
