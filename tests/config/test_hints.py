"""Hints to the workers: each ends, few wait, and a broker that is broken costs nobody more than a moment."""

import itertools
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from celery.beat import ScheduleEntry
from celery.schedules import schedule
from django.conf import settings as product_settings
from django.test import Client
from pytest_django import Settings
from structlog.testing import capture_logs

from config.beat import AWAY_SECONDS, FULL_SECONDS, PatientScheduler
from config.celery import app as product
from customers.jobs import MOST_WAITING, _pool, enqueue, hints_waiting
from customers.models import CustomerField, Operator
from tests.config.served import PATIENCE_SECONDS
from tests.factories import make_organization

REDIS_URL = os.environ.get("REDIS_URL", "")
# What was seen of a server is remembered by its URL, and a port may come again.
DATABASES = itertools.count()
TASK = "campaigns.maintain_deliveries"
# As the settings have it, but nobody waits for seconds for a broker that is none.
QUICK = {"socket_timeout": 0.1, "socket_connect_timeout": 0.1, "max_retries": 1, "interval_start": 0, "interval_max": 0}
BROKERS = [
    pytest.param("memory://localhost/", id="memory"),
    pytest.param(
        REDIS_URL, id="redis", marks=pytest.mark.skipif(not REDIS_URL, reason="for the run against real servers")
    ),
]


def brokered(url: str, **options: object) -> Iterator[Celery]:
    """The product's app as this process's own, but with another broker and a queue that no worker takes from."""
    app = Celery("hints", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_url=url, task_default_queue=f"hints-{uuid4().hex}")
    app.conf.broker_transport_options = QUICK | options
    app.set_current()
    yield app
    product.set_current()
    _pool(app).force_close_all()  # type: ignore[no-untyped-call]
    app.close()


@pytest.fixture(params=BROKERS)
def app(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Celery]:
    settings.REDIS_URL = "redis://somewhere"
    for app in brokered(request.param, socket_timeout=5, socket_connect_timeout=5):
        yield app
        with app.connection_for_write() as connection:
            connection.default_channel.queue_delete(app.conf.task_default_queue)


@pytest.fixture(params=["refuses", "never answers", "speaks another language"])
def broken(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Celery]:
    """A broker that is none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if request.param == "refuses":
            server.close()
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/{next(DATABASES)}"
        yield from brokered(settings.REDIS_URL)


def every_second(app: Celery) -> ScheduleEntry:
    """A hint that has been due for long."""
    return ScheduleEntry(name="look", task=TASK, schedule=schedule(0.0), options={"expires": 60}, app=app)


def test_beat_sends_no_more_than_a_few_and_goes_on_when_they_are_taken(app: Celery) -> None:
    beat = PatientScheduler(app=app, lazy=True)
    entry = every_second(app)
    for number in range(MOST_WAITING):
        assert hints_waiting(app) == number
        assert beat.is_due(entry)[0]
        beat.apply_entry(entry)
    with capture_logs() as said:
        assert [beat.is_due(entry) for _ in range(3)] == [(False, FULL_SECONDS)] * 3
    assert [line["event"] for line in said] == ["hints_wait_for_workers"]
    take_one(app)
    assert beat.is_due(entry)[0]


@pytest.mark.django_db
def test_requests_send_no_more_than_a_few_and_each_ends(app: Celery, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(2 * MOST_WAITING):
            enqueue(TASK, number)
    assert hints_waiting(app) == MOST_WAITING
    message = take_one(app)
    sent = datetime.fromisoformat(message.headers["expires"]) - timedelta(seconds=product_settings.HINT_SECONDS)
    assert abs(datetime.now(UTC) - sent) < timedelta(seconds=PATIENCE_SECONDS)


@pytest.mark.django_db
def test_a_hint_that_cannot_be_sent_speaks_for_no_other(app: Celery, django_capture_on_commit_callbacks: Any) -> None:
    unknown: Any = object()
    with capture_logs() as said, django_capture_on_commit_callbacks(execute=True):
        enqueue(TASK, unknown)
        enqueue(TASK, 1)
    assert [line["event"] for line in said] == ["hint_lost"]
    assert hints_waiting(app) == 1


def test_every_hint_of_beat_ends() -> None:
    entries: list[dict[str, Any]] = [*product_settings.CELERY_BEAT_SCHEDULE.values()]
    assert entries
    for entry in entries:
        assert product_settings.HINT_SECONDS <= entry["options"]["expires"] <= 3600


def test_beat_waits_for_a_broker_that_is_broken(broken: Celery) -> None:
    beat = PatientScheduler(app=broken, lazy=True)
    with capture_logs() as said:
        assert [beat.is_due(every_second(broken)) for _ in range(2)] == [(False, AWAY_SECONDS)] * 2
    assert [line["event"] for line in said] == ["broker_away"]


@pytest.mark.usefixtures("broken")
@pytest.mark.django_db
def test_a_field_is_saved_whatever_ails_the_broker(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    client.force_login(Operator.objects.create_superuser("operator"))
    with capture_logs() as said, django_capture_on_commit_callbacks(execute=True):
        for name in ("size", "color"):
            form = {"organization": make_organization().pk, "name": name, "type": "string", "targetable": "on"}
            assert client.post("/admin/customers/customerfield/add/", form).status_code == 302
    assert set(CustomerField.objects.values_list("name", flat=True)) == {"size", "color"}
    assert [line["event"] for line in said] == ["hint_lost"], "the second save didn't even ask"


def take_one(app: Celery) -> Any:
    """Take the oldest hint, as a worker does."""
    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get(app.conf.task_default_queue, no_ack=True)
    assert message
    return message
