"""250 requests a minute (contract 4, section B "rate limit"), counted in Redis or in the database."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.db import connections
from pytest_django import Settings
from structlog.testing import capture_logs

from customers.models import Application
from marketing_solutions.rate_limits import count_request
from marketing_solutions.tasks import clear_old_responses
from tests.dialects.marketing_solutions.actor import Answer, Buyer, update
from tests.dialects.marketing_solutions.expected import refusal
from tests.factories import make_application

NOON = 1_772_452_800  # 2026-03-02T12:00:00Z
REDIS_URL = os.environ.get("REDIS_URL", "")
STORES = [
    "",
    pytest.param(REDIS_URL, marks=pytest.mark.skipif(not REDIS_URL, reason="for the run against real servers")),
]


@pytest.fixture(params=STORES, ids=["database", "redis"])
def store(request: Any, settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 3
    settings.REDIS_URL = request.param


def quota(answer: Answer) -> tuple[str, ...]:
    """The three headers."""
    return tuple(answer[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset"))


@pytest.mark.usefixtures("store")
def test_headers_then_429_then_a_new_minute(buyer: Buyer, colleague: Buyer) -> None:
    reset = str(NOON + 60)
    with time_machine.travel(NOON + 15, tick=False) as clock:
        for answer in (buyer.search(), buyer.get(5), buyer.patch(update(5, amount=1))):
            assert answer.status_code in {200, 404}
        assert quota(answer) == ("3", "0", reset)
        late = buyer.search()
        assert refusal(late, 429, "quota", "rate-limit-exceeded") == []
        assert quota(late) == ("3", "0", reset)
        assert late["Retry-After"] == "45"
        assert quota(colleague.search()) == ("3", "2", reset), "each client has its own"
        clock.shift(45)
        assert quota(buyer.search()) == ("3", "2", str(NOON + 120))


@pytest.mark.usefixtures("store")
def test_requests_that_are_not_authenticated_are_not_counted(buyer: Buyer) -> None:
    answer = buyer.send("GET", "/1", Authorization="Bearer nonsense")
    assert not [name for name in answer.headers if name.lower().startswith("x-ratelimit")]


@pytest.mark.usefixtures("store", "transactional_db")
def test_64_at_once_are_counted_exactly() -> None:
    application = make_application().application

    def count(_: int) -> int:
        try:
            counted = count_request(application=application, now=NOON)
            assert counted
            return counted.requests
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(count, range(64))) == list(range(1, 65))


@pytest.mark.usefixtures("store", "db")
@pytest.mark.parametrize("jump", [10**9, 10**4, 3600, -3600])
def test_a_clock_that_had_jumped_is_forgotten(jump: int) -> None:
    application = make_application().application
    assert [requests_at(application, NOON + jump) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert [requests_at(application, NOON) for _ in range(2)] == [1, 2]


@pytest.mark.django_db
def test_who_is_a_little_late_counts_in_the_new_minute(settings: Settings) -> None:
    """Two machines' clocks, or a request that waited for a moment."""
    settings.REQUESTS_PER_MINUTE, settings.REDIS_URL = 3, ""
    application = make_application().application
    assert [requests_at(application, NOON + 59) for _ in range(3)] == [1, 2, 3]
    assert requests_at(application, NOON + 60) == 1
    assert requests_at(application, NOON + 59) == 2
    assert requests_at(application, NOON + 60) == 3


def test_a_lost_redis_hands_over_to_the_database(buyer: Buyer, settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE, settings.REDIS_URL = 3, "redis://127.0.0.1:1/0"
    with time_machine.travel(NOON, tick=False):
        assert [buyer.search().status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_redis_that_hangs_is_asked_once(buyer: Buyer, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REQUESTS_PER_MINUTE = 3
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/1000"
        with time_machine.travel(NOON, tick=False), capture_logs() as said:
            assert [buyer.search().status_code for _ in range(4)] == [200, 200, 200, 429]
            assert buyer.client.get("/readyz").json()["checks"]["broker"] == "unreachable"
        server.setblocking(False)
        with server.accept()[0], pytest.raises(BlockingIOError):
            server.accept()
    assert [line["event"] for line in said if line["event"] == "rate_limit_without_redis"] == [
        "rate_limit_without_redis"
    ], "one attempt, by one request"


@pytest.mark.skipif(not REDIS_URL, reason="for the run against real servers")
@pytest.mark.django_db
def test_who_changes_over_in_the_middle_of_a_minute_has_no_new_quota(settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 3
    application = make_application().application
    counted = []
    for url in (REDIS_URL, REDIS_URL, "", "", REDIS_URL, ""):
        settings.REDIS_URL = url
        counted.append(requests_at(application, NOON))
    assert counted == [1, 2, 3, 4, 5, 6]


def requests_at(application: Application, now: float) -> int:
    """Count one request, and say how many it were."""
    counted = count_request(application=application, now=now)
    assert counted
    return counted.requests


def test_the_limit_may_be_switched_off(buyer: Buyer) -> None:
    assert not buyer.search().has_header("x-ratelimit-limit")
    assert Application.objects.count() == 1
    clear_old_responses()
