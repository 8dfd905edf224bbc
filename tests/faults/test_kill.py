"""kill -9, a broker that is emptied and lost connections in the middle of building and of handing over.

The audience is whole, and nobody is written to twice; two beats run all the time, and every message comes twice.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from campaigns.models import AudienceChunk, Delivery, Recipient
from campaigns.models.delivery import DeliveryState
from customers.customers.generation import generate_customers
from customers.models import Customer, Organization
from tests.campaigns.delivery.scheduled import EMAIL, PUSH, make_delivery, make_scheduled
from tests.config.served import until
from tests.factories import make_organization, make_target
from tests.faults.blows import empty_broker
from tests.faults.providers import keys_given
from tests.faults.worker import Worker, database_url

PEOPLE = 300
# Both threads of the worker in process may hold a batch of twenty when it is killed.
IN_FLIGHT = 2 * 20
STATES = ["CA", "NY", "TX"]
OURS = "the test's own"
CUT = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
AND application_name <> %s
"""
# Whoever empties the broker has it alone.
CELERYS = [pytest.mark.skipif("not os.environ.get('REDIS_URL')"), pytest.mark.xdist_group("broker")]
BROKERS = ["", pytest.param(os.environ.get("REDIS_URL"), marks=CELERYS)]


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
    empty_broker(request.param)
    found = Worker(tmp_path, redis_url=request.param, beats=2)
    yield found
    found.kill()


def test_repeatedly_killed_workers_lose_nothing_and_send_nothing_twice(
    worker: Worker, organization: Organization, tmp_path: Path
) -> None:
    with _stopped_in_mid_chunk(organization, EMAIL) as known:
        worker.kill()
    worker.start()
    _deliver_under_fire(worker, known, tmp_path / "known")
    with _stopped_in_mid_chunk(organization, PUSH) as blind:
        empty_broker(worker.redis_url)
        _cut_everybody_off()
    assert not worker.is_dead
    _deliver_under_fire(worker, blind, tmp_path / "blind")
    for delivery, consent in ((known, "email_consent"), (blind, "push_consent")):
        here = Customer.objects.filter(organization=organization, attributes__state__in=STATES)
        reference = set(here.filter(**{"consent": True, consent: True}).values_list("pk", flat=True))
        members = Recipient.objects.filter(delivery=delivery)
        assert set(members.values_list("customer_id", flat=True)) == reference
        assert members.count() == delivery.audience == len(reference) > 50
    given = keys_given(tmp_path / "known")
    assert len(given) > len(set(given)) == known.sent == known.audience, "what was in doubt went under its key again"
    given = keys_given(tmp_path / "blind")
    assert len(given) == len(set(given)) == blind.audience
    assert 0 < blind.ambiguous <= IN_FLIGHT
    assert blind.sent == blind.audience - blind.ambiguous


@contextmanager
def _stopped_in_mid_chunk(organization: Organization, message: Any) -> Iterator[Delivery]:
    """A delivery that somebody has begun to build, who waits in the middle of a chunk for the block to end."""
    rows = make_scheduled(organization, **message)
    make_target(rows.bundle, attribute="state", operator="in", values=STATES)
    with closing(psycopg.connect(database_url(), application_name=OURS)) as other:
        other.execute("LOCK TABLE campaigns_recipient IN SHARE MODE")
        delivery = make_delivery(rows)
        begun = AudienceChunk.objects.filter(delivery=delivery, lease_token__isnull=False)
        until(begun.exists, "a chunk that is begun", 30)
        yield delivery


def _deliver_under_fire(worker: Worker, delivery: Delivery, provider: Path) -> None:
    """Have a worker lose its connection, and then its life, between handing over and writing it down."""
    for suffix in (".cut", ".kill"):
        shot = provider.with_suffix(suffix)
        shot.touch()
    until(lambda: _looked_after(worker) and not shot.exists(), "death after handing over", 30)
    until(lambda: _looked_after(worker) and _state_of(delivery) == DeliveryState.COMPLETE, "the end", 30)
    assert not provider.with_suffix(".cut").exists()


def _cut_everybody_off() -> None:
    """End all connections of the workers, as a database does that is started again."""
    with connection.cursor() as cursor:
        cursor.execute(CUT, [OURS])
        assert cursor.rowcount > 0


def _looked_after(worker: Worker) -> bool:
    if worker.is_dead:
        worker.revive()
    return True


def _state_of(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state
