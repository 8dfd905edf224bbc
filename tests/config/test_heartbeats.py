"""Workers and beat are heard, and where they are not while work is due, /readyz?workers and the log say so."""

import platform
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.signals import beat_init, worker_ready
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from campaigns.models import Delivery, Recipient
from campaigns.schedule.due_work import work_is_due
from config.heartbeats import SILENT_SECONDS, beat_once, note_heartbeat
from config.models import Heartbeat
from tests.campaigns.delivery.scheduled import FAR_AHEAD, make_delivery, make_scheduled
from tests.config.served import until
from tests.factories import make_customer
from tests.faults.blows import empty_broker
from tests.faults.test_kill import BROKERS
from tests.faults.worker import Worker

NOBODY = "no worker and no beat heard for 60 s while work is due"


@dataclass(frozen=True)
class Sender:
    """What Celery's signals say of a worker or a beat."""

    hostname: str | None


@pytest.fixture
def due(db: None) -> Delivery:
    assert db is None
    return make_delivery(make_scheduled())


def workers(client: Client) -> tuple[int, str]:
    """What /readyz?workers says of them."""
    response = client.get("/readyz?workers")
    body = response.json()
    assert body["status"] == ("ok" if response.status_code == 200 else "unavailable")
    return response.status_code, body["checks"]["workers"]


def let_pass(**which: str) -> None:
    """A minute in which none of these was heard."""
    Heartbeat.objects.filter(**which).update(heard_at=F("heard_at") - timedelta(seconds=SILENT_SECONDS))


@pytest.mark.django_db
def test_missing_workers_are_fine_while_no_work_is_due(client: Client, django_assert_max_num_queries: Any) -> None:
    assert workers(client) == (200, "ok")
    with django_assert_max_num_queries(3):
        workers(client)


@pytest.mark.usefixtures("due")
def test_while_work_is_due_a_worker_and_beat_must_be_heard(client: Client) -> None:
    with capture_logs() as said:
        assert workers(client) == (503, NOBODY)
    assert [(line["event"], line["not_heard"]) for line in said] == [("work_waits", ["worker", "beat"])]
    note_heartbeat(kind="worker", name="worker@here")
    assert workers(client) == (503, "no beat heard for 60 s while work is due")
    note_heartbeat(kind="beat", name="beat@here")
    assert workers(client) == (200, "ok")
    assert client.get("/readyz").status_code == 200


@pytest.mark.usefixtures("due")
def test_one_worker_of_several_is_enough_until_it_is_silent_too(client: Client) -> None:
    for kind, name in (("worker", "a"), ("worker", "b"), ("beat", "c")):
        note_heartbeat(kind=kind, name=name)
    let_pass(name="a")
    assert workers(client) == (200, "ok")
    let_pass(name="b")
    assert workers(client) == (503, "no worker heard for 60 s while work is due")
    note_heartbeat(kind="worker", name="a")
    assert workers(client) == (200, "ok")
    assert client.get("/readyz").status_code == 200, "requests need no worker"


@pytest.mark.usefixtures("due")
def test_a_heartbeat_logs_the_kind_that_is_missing() -> None:
    with capture_logs() as said:
        beat_once(kind="beat", name="beat@here")
        beat_once(kind="worker", name="worker@here")
        let_pass(kind="beat")
        beat_once(kind="worker", name="worker@here")
    assert [line["not_heard"] for line in said if line["event"] == "work_waits"] == [["worker"], ["beat"]]


@pytest.mark.django_db
def test_names_of_yesterday_are_forgotten() -> None:
    note_heartbeat(kind="worker", name="container-1")
    Heartbeat.objects.update(heard_at=timezone.now() - timedelta(days=1, seconds=1))
    note_heartbeat(kind="worker", name="n" * 300)
    assert [len(name) for name in Heartbeat.objects.values_list("name", flat=True)] == [255]


def test_what_time_has_made_due_is_work(due: Delivery) -> None:
    assert work_is_due()
    for state in ("building", "built", "delivering"):
        Delivery.objects.update(state=state)
        assert work_is_due(), state
    for state in ("complete", "paused", "cancelled", "skipped", "failed"):
        Delivery.objects.update(state=state)
        assert not work_is_due(), state
    Delivery.objects.update(state="scheduled", scheduled_for=FAR_AHEAD)
    assert not work_is_due()
    Delivery.objects.update(scheduled_for=due.scheduled_for)
    due.creative.creative_group.line_item.campaign.starts_at = timezone.now() + timedelta(days=1)
    due.creative.creative_group.line_item.campaign.save()
    assert not work_is_due(), "its campaign has not begun"


@pytest.mark.django_db
def test_a_triggered_message_is_work_until_it_is_sent() -> None:
    rows = make_scheduled(delivery_method="triggered")
    customer = make_customer(rows.campaign.organization)
    values = {"organization": customer.organization, "customer": customer, "creative": rows.creative}
    member = Recipient.objects.create(due_at=timezone.now() + timedelta(minutes=1), **values)
    assert not work_is_due(), "it is tried again in a minute"
    Recipient.objects.filter(pk=member.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    assert work_is_due()
    Recipient.objects.filter(pk=member.pk).update(state="sent")
    assert not work_is_due()


@pytest.mark.parametrize("redis_url", BROKERS, ids=["in-process", "celery"])
@pytest.mark.django_db(transaction=True)
def test_workers_and_beat_leave_heartbeats(redis_url: str, tmp_path: Path, client: Client) -> None:
    connection.ensure_connection()
    make_delivery(make_scheduled())
    assert workers(client)[0] == 503
    empty_broker(redis_url)
    worker = Worker(tmp_path, redis_url=redis_url)
    try:
        until(lambda: set(Heartbeat.objects.values_list("kind", flat=True)) == {"worker", "beat"}, "both to be heard")
        assert workers(client) == (200, "ok")
        hosts = {name.partition("@")[2] for name in Heartbeat.objects.values_list("name", flat=True)}
        assert hosts == {platform.node()}
    finally:
        worker.kill()


def test_a_worker_that_finds_its_broker_again_has_one_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr("config.heartbeats._beat", lambda *_: over.wait(60))
    before = set(threading.enumerate())
    for _ in range(3):
        worker_ready.send(sender=Sender("worker@here"))
        beat_init.send(sender=Sender(None))
    hearts = set(threading.enumerate()) - before
    over.set()
    assert sorted(heart.name for heart in hearts) == ["heartbeat of beat", "heartbeat of worker"]
    for heart in hearts:
        heart.join()
