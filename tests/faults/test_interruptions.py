"""What interrupts a worker in the middle: operators who pause and cancel, and a database that goes away."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone

from campaigns.delivery import add_recipients, build_chunk
from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import AudienceExport, ExportedFile, Outcome, Result, always
from campaigns.delivery.control import cancel_delivery, pause_delivery, resume_delivery
from campaigns.models import AudienceChunk, Delivery, Recipient
from campaigns.models.ad_type import CreativeType
from campaigns.models.delivery import DeliveryState
from campaigns.tasks import sweep, work_once
from tests.campaigns.delivery.scheduled import (
    CSV,
    EMAIL,
    Provider,
    build,
    make_delivery,
    make_people,
    make_scheduled,
    states_of,
    work,
)
from tests.config.served import until
from tests.factories import make_organization
from tests.faults.providers import cut_off
from tests.faults.worker import database_url

pytestmark = pytest.mark.django_db(transaction=True)
PROMISED_SECONDS = 2.0
WAITING = "SELECT 1 FROM pg_locks WHERE relation = %s::regclass AND NOT granted"


class Slow(Provider, AudienceExport):
    """A provider that is in the middle of handing over until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.is_at_it, self.may_go_on = threading.Event(), threading.Event()

    def send(self, message: Any, recipients: Any, wanted: Any = always) -> Any:
        """Take all, after a while."""
        self.is_at_it.set()
        assert self.may_go_on.wait(20)
        return super().send(message, recipients, wanted)

    def export(self, _message: Any, batches: Iterator[Any]) -> ExportedFile:
        """Read everybody, after a while."""
        self.is_at_it.set()
        assert self.may_go_on.wait(20)
        return ExportedFile("audience.csv", sum(len(batch) for batch in batches), "0" * 64)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Where emails and files go."""
    found = Slow()
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_EMAIL, lambda _message: found)
    monkeypatch.setitem(registry.EXPORTS, CreativeType.ISSUE_AUDIENCE_CSV, lambda _message: found)
    return found


@contextmanager
def _working() -> Iterator[Any]:
    """A worker beside the test that does one thing and ends."""

    def do() -> bool:
        try:
            return work_once()
        finally:
            connections.close_all()

    pool = ThreadPoolExecutor(1)
    try:
        yield pool.submit(do)
    finally:
        # What it waits for may be let go only later.
        pool.shutdown(wait=False)


@contextmanager
def _held(table: str) -> Iterator[Any]:
    """A table that nobody else gets at."""
    with closing(psycopg.connect(database_url())) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield lambda: other.execute(WAITING, [table]).fetchone() is not None


@contextmanager
def _begun(provider: Slow) -> Iterator[None]:
    assert provider.is_at_it.wait(20)
    yield


def _state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def test_a_pause_stops_a_statement_and_resuming_goes_on() -> None:
    rows = make_scheduled(make_organization())
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    sweep()
    with _held("campaigns_recipient") as is_waited_for, _working() as worker:
        until(is_waited_for, "a statement in the middle of a chunk", 20)
        began = time.monotonic()
        assert pause_delivery(organization=delivery.organization, delivery_id=delivery.pk).state == DeliveryState.PAUSED
        worker.result(20)
        assert time.monotonic() - began < PROMISED_SECONDS
    assert not Recipient.objects.exists()
    resume_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    work()
    assert _state(delivery) == DeliveryState.COMPLETE
    assert Recipient.objects.filter(delivery=delivery).count() == delivery.audience == 6


def test_a_cancel_stops_a_file_in_the_middle(provider: Slow) -> None:
    rows = make_scheduled(make_organization(), **CSV)
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    build(delivery)
    with _working() as worker, _begun(provider), _held("customers_customer") as is_waited_for:
        provider.may_go_on.set()
        until(is_waited_for, "a statement in the middle of a file", 20)
        began = time.monotonic()
        cancel_delivery(organization=delivery.organization, delivery_id=delivery.pk, now=timezone.now())
        worker.result(20)
        assert time.monotonic() - began < PROMISED_SECONDS
    work()
    assert (_state(delivery), delivery.sent, delivery.file_rows, delivery.error) == (
        DeliveryState.CANCELLED,
        0,
        None,
        "",
    )


def test_a_pause_does_not_wait_for_a_channel(provider: Slow) -> None:
    rows = make_scheduled(make_organization(), **EMAIL)
    make_people(rows.campaign.organization, 40)
    delivery = make_delivery(rows)
    build(delivery)
    with _working() as worker, _begun(provider):
        began = time.monotonic()
        pause_delivery(organization=delivery.organization, delivery_id=delivery.pk)
        assert time.monotonic() - began < PROMISED_SECONDS
        provider.may_go_on.set()
        worker.result(20)
    work()
    assert _state(delivery) == DeliveryState.PAUSED
    in_hand = len(provider.given)
    assert 0 < in_hand == delivery.sent <= provider.batch_size < delivery.audience
    resume_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    work()
    assert (_state(delivery), delivery.sent) == (DeliveryState.COMPLETE, delivery.audience)
    assert len(provider.given) == len(set(provider.given)) == delivery.audience


def test_a_pause_leaves_the_rest_of_a_slow_batch_for_later(provider: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = make_scheduled(make_organization(), **EMAIL)
    make_people(rows.campaign.organization, 20)
    delivery = make_delivery(rows)
    build(delivery)
    provider.may_go_on.set()
    take = provider.send

    def take_one_and_wait(message: Any, recipients: Any, wanted: Any) -> Any:
        first = take(message, recipients[:1])
        pause_delivery(organization=delivery.organization, delivery_id=delivery.pk)
        began = time.monotonic()
        until(lambda: not wanted(), "that nobody wants the others", 20)
        assert time.monotonic() - began < PROMISED_SECONDS
        return first + [Result(each.key, Outcome.LATER) for each in recipients[1:]]

    monkeypatch.setattr(provider, "send", take_one_and_wait)
    work()
    assert (_state(delivery), delivery.sent, delivery.failures, delivery.error) == (DeliveryState.PAUSED, 1, 0, "")
    assert states_of(delivery) == {"sent": 1, "pending": delivery.audience - 1}
    monkeypatch.setattr(provider, "send", take)
    resume_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    work()
    assert (_state(delivery), delivery.sent) == (DeliveryState.COMPLETE, delivery.audience)
    assert len(provider.given) == len(set(provider.given)) == delivery.audience


def test_an_outage_of_the_database_loses_no_chunk_and_leaves_no_ambiguity(
    provider: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = make_scheduled(make_organization(), **EMAIL)
    make_people(rows.campaign.organization, 20)
    delivery = make_delivery(rows)
    sweep()
    add = add_recipients.add_recipients

    def lose_and_add(**values: Any) -> int:
        cut_off(connection.connection.info.backend_pid)
        monkeypatch.setattr(build_chunk, "add_recipients", add)
        return add(**values)

    monkeypatch.setattr(build_chunk, "add_recipients", lose_and_add)
    assert work_once()
    assert not Recipient.objects.exists()
    AudienceChunk.objects.update(leased_until=None)
    build(delivery)
    provider.may_go_on.set()
    take = provider.send
    lost: list[Any] = []

    def take_and_lose(message: Any, recipients: Any, wanted: Any) -> Any:
        results = take(message, recipients, wanted)
        if not lost:
            lost.extend(recipients)
            cut_off(connection.connection.info.backend_pid)
        return results

    monkeypatch.setattr(provider, "send", take_and_lose)
    work()
    assert (_state(delivery), delivery.sent, delivery.ambiguous) == (DeliveryState.COMPLETE, delivery.audience, 0)
    assert 0 < len(lost) < delivery.audience == len(provider.given) == len(set(provider.given))
