"""What PostgreSQL undoes is done again, whole and once, wherever in a request it happens."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

import pytest
from django.db import OperationalError, connection, connections, transaction

from campaigns.api.views.offers import Offers
from campaigns.models import Event, IssuedOffer, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.offers.definitions import create_offer
from campaigns.tasks import maintain_deliveries
from customers import transactions
from marketing_solutions.models import StoredResponse
from marketing_solutions.tasks import clear_old_responses
from tests.campaigns.delivery.scheduled import LONG_AGO, build, make_delivery, make_people, make_scheduled
from tests.config.served import until
from tests.factories import make_customer, make_offer, make_organization
from tests.faults.requests import Answer, World
from tests.faults.undoing import DEADLOCK, SERIALIZATION, Sums, difference, sums, triggers, undone, writes_seen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_decision_log")]
ALWAYS = range(1, 1000)
Result = TypeVar("Result")
LOCK = "SELECT id FROM customers_customer WHERE id = %s FOR UPDATE"
WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
AREAS = ("trace_", "management_", "sales_", "page_")


@pytest.fixture
def no_decision_log(settings: Any) -> None:
    """A sample of decisions would write one row more, now and then."""
    settings.DECISION_LOG = "off"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(transactions, "PAUSE_SECONDS", 0)
    made = World()
    with triggers():
        yield made


def _done(world: World, name: str, writes: Any = (), state: str = DEADLOCK) -> tuple[Answer, Sums]:
    """The answer of a request, and what it has changed, where PostgreSQL undoes it at these writes."""
    request = world.requests[name]()
    before = sums()
    with undone(writes, state):
        answer = request()
    return answer, difference(before, sums())


@pytest.mark.parametrize("area", AREAS)
def test_a_request_whose_writes_are_rolled_back_is_done_once(world: World, area: str) -> None:
    for name in (each for each in world.requests if each.startswith(area)):
        # The first one also makes what the organization has once: totals, counters.
        assert _is_success(_done(world, name)[0]), name
        answer, wanted = _done(world, name)
        number = writes_seen()
        assert _is_success(answer), (name, answer.content)
        assert number, f"{name} writes nothing"
        for write in {1, (number + 1) // 2, number}:
            again, changed = _done(world, name, [write])
            assert (again.status_code, changed) == (answer.status_code, wanted), (name, write, again.content)
            assert _is_success(again)


def _is_success(answer: Answer) -> bool:
    return answer.status_code < 400 and b'"status":"error"' not in answer.content


@pytest.mark.parametrize("area", AREAS)
def test_a_request_that_is_always_rolled_back_is_503_without_changes(
    world: World, area: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (each for each in world.requests if each.startswith(area)):
        caplog.clear()
        answer, changed = _done(world, name, ALWAYS, SERIALIZATION)
        assert answer.status_code == 503, (name, answer.content)
        assert int(answer["Retry-After"]) > 0
        # What identifies a visitor is committed before the page is decided: that is nothing to be taken back.
        assert changed == {}, name
        told = [record.getMessage() for record in caplog.records]
        assert [line for line in told if "transaction_repeated" in line and "40001" in line][2:], told
        assert writes_seen() == 4, "four attempts"
        assert _done(world, name)[0].status_code < 400, "the next request works"


def test_a_request_is_tried_four_times_at_most(world: World) -> None:
    def is_done(times: int) -> bool:
        return bool(_done(world, "management_offer", range(1, times + 1))[0].status_code == 200)

    assert [is_done(times) for times in (1, 2, 3, 4)] == [True, True, True, False]


def test_an_answer_under_an_idempotency_key_is_stored_once(world: World) -> None:
    request = world.requests["sales_campaign_with_a_key"]()
    with undone([1, 2, 3]):
        first = request()
    second = request()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert "Idempotency-Replayed" in second
    assert "Idempotency-Replayed" not in first


def test_an_earlier_commit_is_not_repeated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that commits twice is not repeated: it is answered 503, and what it had done is there once."""
    post = Offers.post

    def post_two(view: Offers, request: Any, **names: Any) -> Answer:
        post(view, request, **names)
        create_offer(organization=view.organization, attributes={"name": "the second"})

    _done(world, "management_offer")
    first = writes_seen()
    monkeypatch.setattr(Offers, "post", post_two)
    before = sums()
    with undone([first + 1]):
        answer = world.actor.post("offers", {"offer": {"name": "the first"}})
    assert answer.status_code == 503
    assert difference(before, sums())["campaigns_offer"] == 1


def test_the_request_that_loses_a_real_deadlock_is_done_again(world: World) -> None:
    """Two transactions that wait for each other: the request loses, and is answered as if nothing had happened."""
    first, second = make_customer(world.organization), make_customer(world.organization)
    told = [{"external_id": each.external_id, "name": "purchase"} for each in (first, second)]

    def send() -> Answer:
        return world.actor.post("/priv/v1/apps/:api_key/events", {"events": told})

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # The other one is to notice it, and so to be the one that is undone.
            cursor.execute("SET LOCAL deadlock_timeout = '60s'")
            cursor.execute(LOCK, [second.pk])
            held.set()
            until(lambda: _is_waited_for(cursor), "the request to wait")
            cursor.execute(LOCK, [first.pk])

    held = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        holder = pool.submit(_alone, hold)
        assert held.wait(20)
        answer = pool.submit(_alone, send).result(60)
        holder.result(60)
    assert answer.status_code == 200
    assert [event["duplicate"] for event in answer.json()["events"]] == [False, False]
    assert Event.objects.filter(name="purchase").count() == 2


@pytest.mark.parametrize("times", [3, 4])
def test_a_task_that_is_rolled_back_is_run_again(world: World, times: int) -> None:
    kept = {"application": world.caller.application, "key": "old", "status": 200, "body": b""}
    StoredResponse.objects.create(**kept)
    StoredResponse.objects.update(created_at=LONG_AGO)
    with undone(range(1, times + 1)), nullcontext() if times == 3 else pytest.raises(OperationalError):
        clear_old_responses()
    assert StoredResponse.objects.exists() == (times == 4)


def test_a_delivery_that_is_rolled_back_has_not_failed() -> None:
    offer = make_offer(make_organization())
    bulk = {"ad_type": AdType.ISSUE_BULK_OFFER, "creative_type": CreativeType.ISSUE_BULK_OFFER}
    rows = make_scheduled(offer.organization, **bulk, offer_ids=[offer.guid])
    make_people(offer.organization, 6)
    delivery = make_delivery(rows)
    build(delivery)
    with triggers(), undone([10]):
        maintain_deliveries()
    delivery.refresh_from_db()
    assert (delivery.failures, delivery.error) == (0, "")
    Recipient.objects.filter(state="leased").update(due_at=LONG_AGO)
    maintain_deliveries()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, IssuedOffer.objects.count()) == ("complete", 4, 4)


def _alone(work: Callable[[], Result]) -> Result:
    try:
        return work()
    finally:
        connections.close_all()


def _is_waited_for(cursor: Any) -> bool:
    cursor.execute(WAITING)
    return bool(cursor.fetchone()[0])
