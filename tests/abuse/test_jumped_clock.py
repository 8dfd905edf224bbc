"""What a machine has counted whose clock had jumped, ahead or back, neither uses up nor adds to anybody's minute."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from customers.models import Application
from marketing_solutions.oauth import SCOPES, issue_token
from marketing_solutions.rate_limits import count_request
from tests.abuse.server import Server
from tests.abuse.world import Abused
from tests.factories import make_application

LIMIT = 3
# Status and what is left: a campaign of nobody's is a request like any other.
WHOLE_MINUTE = [(404, 2), (404, 1), (404, 0), (429, 0)]
# Ahead by an hour, a week, three thousand years, and back by an hour, in seconds.
JUMPS = [3_600, 7 * 86_400, 10**11, -3_600]
REDIS_URL = os.environ.get("REDIS_URL", "")
STORES = [
    "",
    pytest.param(REDIS_URL, marks=pytest.mark.skipif(not REDIS_URL, reason="for the run against real servers")),
]


@pytest.fixture(scope="module", params=STORES, ids=["database", "redis"])
def store(request: pytest.FixtureRequest) -> str:
    """The address of the Redis that counts, or nothing where the database does."""
    return str(request.param)


@pytest.fixture(scope="module")
def limited(_served: tuple[Server, Abused], store: str) -> Iterator[Server]:
    """A server that answers few requests a minute."""
    with _served[0].beside(REDIS_URL=store, REQUESTS_PER_MINUTE=str(LIMIT)) as other:
        yield other
        assert not other.faults(since=0)


@pytest.mark.parametrize("jump", JUMPS)
def test_requests_are_counted_and_limited_as_ever(limited: Server, store: str, jump: int, settings: Settings) -> None:
    settings.REDIS_URL, settings.REQUESTS_PER_MINUTE = store, LIMIT
    with limited.database():
        application = make_application().application
        _use_up_a_minute(application, now=time.time() + jump)
        bearer = f"Bearer {issue_token(application=application, scopes=list(SCOPES))}"
    *earlier, last = _counted(limited, bearer)
    assert last == WHOLE_MINUTE
    assert all(each == WHOLE_MINUTE[: len(each)] for each in earlier)


def _use_up_a_minute(application: Application, now: float) -> None:
    """What a machine does whose clock says so: count more than a minute has, in the store that all machines share."""
    counts = [count_request(application=application, now=now) for _ in range(2 * LIMIT)]
    assert counts[-1]
    assert counts[-1].is_exceeded


def _counted(limited: Server, bearer: str) -> list[list[tuple[int, int]]]:
    """Status and what is left, of requests up to the first that is refused, by the minute that each counted in."""
    minutes: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    # A minute may end meanwhile.
    for _ in range(2 * LIMIT + 1):
        answer = limited.ask("GET", "/marketing-solutions/campaigns/1", headers={"Authorization": bearer})
        left = int(answer.headers["x-ratelimit-remaining"])
        minutes[answer.headers["x-ratelimit-reset"]].append((answer.status, left))
        if answer.status == 429:
            break
    return list(minutes.values())
