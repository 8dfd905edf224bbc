"""A client that hangs up costs the database no statement more."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.http import StreamingHttpResponse
from django.test import RequestFactory

from config.door.hang_up import META_KEY, HangUp
from config.hang_ups import statements_end_with_their_client
from tests.config.served import until
from tests.dialects.management.actor import Actor

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

SLEEPING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query = 'SELECT pg_sleep(60)'
"""


@contextmanager
def locked_campaigns() -> Iterator[None]:
    """Somebody else lets nobody read campaigns meanwhile."""
    other = connection.copy()
    with closing(other):
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE campaigns_adcampaign IN ACCESS EXCLUSIVE MODE")
        yield


def waiting() -> int:
    """How many sessions wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


def _ask(actor: Actor, hang_up: HangUp) -> int:
    """A list of campaigns, in a thread of its own, as the web server has it answered."""
    try:
        return int(actor.client.get(actor.url("campaigns"), headers={}, **_extra(actor, hang_up)).status_code)
    finally:
        connections.close_all()


def _extra(actor: Actor, hang_up: HangUp) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": actor.authorization, META_KEY: hang_up}


def test_the_statement_is_cancelled_and_the_thread_is_good_for_others() -> None:
    actor, hang_up = Actor.of(), HangUp()
    with ThreadPoolExecutor(1) as pool:
        with locked_campaigns():
            asked = pool.submit(_ask, actor, hang_up)
            until(lambda: waiting() == 1, "the request to wait for the lock", 30)
            hang_up.tell()
            assert asked.result(30) == 503, "an answer that nobody reads, while the lock is not free yet"
            assert not waiting()
        assert pool.submit(_ask, actor, HangUp()).result(30) == 200


def test_no_other_statement_of_it_begins() -> None:
    """Whoever goes between two statements is noticed before the next."""
    actor, hang_up = Actor.of(), HangUp()
    told: list[bool] = []

    def tell_at_first(execute: Any, *arguments: Any) -> Any:
        if not told:
            told.append(True)
            answer = execute(*arguments)
            hang_up.tell()
            return answer
        return execute(*arguments)

    with connection.execute_wrapper(tell_at_first):
        assert actor.client.get(actor.url("campaigns"), **_extra(actor, hang_up)).status_code == 503
    assert actor.get("campaigns").status_code == 200


def test_hanging_up_after_the_answer_affects_no_other_request() -> None:
    actor, hang_up = Actor.of(), HangUp()
    assert actor.client.get(actor.url("campaigns"), **_extra(actor, hang_up)).status_code == 200
    hang_up.tell()
    assert hang_up.has_happened
    assert actor.get("campaigns").status_code == 200


def _sleeping() -> Iterator[bytes]:
    """A part that is there at once, and one that takes the database a minute."""
    yield b"first"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")
    yield b"second"


def _sleepers() -> int:
    with connection.cursor() as cursor:
        cursor.execute(SLEEPING)
        return int(cursor.fetchone()[0])


def test_a_statement_of_an_answer_that_streams_is_cancelled_too(rf: RequestFactory) -> None:
    """Its parts are made after the middleware has returned, in any thread."""
    hang_up = HangUp()
    request = rf.get("/")
    request.META[META_KEY] = hang_up
    answer: Any = statements_end_with_their_client(lambda _: StreamingHttpResponse(_sleeping()))(request)

    def read() -> None:
        try:
            assert next(parts) == b"first"
            with pytest.raises(OperationalError):
                next(parts)
            assert _sleepers() == 0, "this thread's connection is good for others"
        finally:
            connections.close_all()

    parts = iter(answer)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        until(lambda: _sleepers() == 1, "the statement to run", 30)
        hang_up.tell()
        reading.result(30)
