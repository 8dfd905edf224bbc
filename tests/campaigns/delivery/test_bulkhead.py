"""Whoever makes a worker wait, the others' messages go out."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections

from campaigns.delivery import bulkhead, dispatch
from campaigns.delivery.bulkhead import has_capacity, occupying
from campaigns.models import Delivery, Destination, MessageTemplate, Recipient
from campaigns.models.ad_type import AdType
from campaigns.tasks import sweep, work_once
from tests.campaigns.delivery.scheduled import EMAIL, build, make_delivery, make_scheduled, states_of
from tests.campaigns.delivery.servers import Dripping, Got, Mailbox, World, raw_world
from tests.config.served import until
from tests.factories import make_customer
from tests.stand_ins import wait_for_stand_ins

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
WEBHOOK: dict[str, Any] = {"ad_type": AdType.MESSAGING_PLATFORM, "creative_type": "messaging-platform-external"}
AIRSHIP: dict[str, Any] = {"ad_type": AdType.AUDIENCE_EXPORT, "creative_type": "audience-export-airship"}


@pytest.fixture(autouse=True)
def _nobody_was_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "_slow", set())
    monkeypatch.setattr(bulkhead, "_in_hand", {})


@pytest.fixture
def dripping() -> Iterator[Callable[[], Dripping]]:
    """What makes receivers that say 200, and then go on by a byte now and then."""
    running: list[Any] = []

    def start() -> Dripping:
        running.append(raw_world(HEAD, b"x"))
        made: Dripping = running[-1].__enter__()
        return made

    try:
        yield start
    finally:
        for each in running:
            each.__exit__(None, None, None)


def _delivery(kind: str, settings: dict[str, Any], secrets: dict[str, str], **creative: Any) -> Delivery:
    """A delivery of an organization of its own to two people."""
    rows = make_scheduled(**creative)
    organization = rows.campaign.organization
    for name in "ab":
        make_customer(organization, attributes={"email": f"{name}@example.org"})
    MessageTemplate.objects.create(organization=organization, key="welcome", subject="Hello", text="Hello")
    made = Destination(organization=organization, name=kind, kind=kind, settings=settings)
    made.set_secrets(secrets)
    made.save()
    delivery = make_delivery(rows)
    build(delivery)
    return delivery


def _work(over: threading.Event) -> None:
    try:
        while not over.is_set():
            if not (sweep() or work_once()):
                over.wait(0.05)
    finally:
        connections.close_all()


def _state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("exports")
def test_slow_receivers_do_not_delay_the_mails_of_others(
    dripping: Callable[[], Dripping], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker alone, two webhooks and an export that drip for longer than this test takes, and somebody's email."""
    monkeypatch.setattr(bulkhead, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(bulkhead, "IDLE_SECONDS", 0.05)
    drips = [dripping() for _ in range(3)]
    patient = {"timeout_seconds": 120}
    slow = [
        _delivery("webhook", {"url": each.url, **patient}, {"signing_secret": "x"}, **WEBHOOK) for each in drips[:2]
    ]
    export = {"url": drips[2].url, "app_key": "app", **patient}
    slow.append(_delivery("airship", export, {"master_secret": "x"}, **AIRSHIP))
    server = {"host": "127.0.0.1", "port": mailbox.port, "encryption": "none"}
    over = threading.Event()
    worker = threading.Thread(target=_work, args=[over])
    worker.start()
    try:
        until(lambda: len(bulkhead._in_hand) == len(slow), "the slow ones to be in hand")
        letter = _delivery("email", {"from_address": "a@example.org", **server}, {}, **EMAIL, template_id="welcome")
        until(lambda: _state(letter) == "complete", "the email")
        assert states_of(letter) == {"sent": 2}
        assert {_state(delivery) for delivery in slow} == {"delivering"}
        for each in drips:
            each.stopped.set()
        # What was said before it dripped counts: nobody is in doubt, and nobody gets it twice.
        until(lambda: {_state(delivery) for delivery in slow} == {"complete"}, "the slow ones")
        assert {state for delivery in slow for state in states_of(delivery)} == {"sent"}
    finally:
        for each in drips:
            each.stopped.set()
        over.set()
        worker.join()
        wait_for_stand_ins()


@pytest.mark.django_db(transaction=True)
def test_a_batch_of_slow_recipients_ends_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who had no turn in it has one later; it is not known to anybody as a failure."""
    now = [0.0]
    monkeypatch.setattr(dispatch, "time", SimpleNamespace(monotonic=lambda: now[0]))
    answer = world.next_answer

    def slowly(got: Got) -> tuple[int, dict[str, str], bytes]:
        now[0] += dispatch.LONGEST_BATCH_SECONDS + 1
        return answer(got)

    monkeypatch.setattr(world, "next_answer", slowly)
    delivery = _delivery("webhook", {"url": world.url, "concurrency": 1}, {"signing_secret": "x"}, **WEBHOOK)
    assert work_once()
    assert states_of(delivery) == {"sent": 1, "pending": 1}
    assert Recipient.objects.get(delivery=delivery, state="pending").attempts == 0
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures, delivery.error) == ("delivering", 0, "")


def test_a_destination_and_an_organization_hold_up_limited_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third, stranger = (1, "email"), (1, "push"), (1, "webhook"), (2, "email")
    monkeypatch.setattr(bulkhead, "PATIENCE_SECONDS", 60.0)
    with occupying(first):
        # Nobody has waited for it yet.
        assert has_capacity(first)
        monkeypatch.setattr(bulkhead, "PATIENCE_SECONDS", -1.0)
        assert (has_capacity(first), has_capacity(second), has_capacity(stranger)) == (False, True, True)
        with occupying(second):
            assert (has_capacity(third), has_capacity(stranger)) == (False, True)
        # Known to be slow now, it waits while others that are fill all threads but one.
        for number in range(10, 10 + bulkhead.MAX_STAND_INS):
            bulkhead._in_hand[number, "email"] = [0.0]
        assert (has_capacity(second), has_capacity(stranger)) == (False, True)
        monkeypatch.setattr(bulkhead, "PATIENCE_SECONDS", 60.0)
    assert has_capacity(first)
