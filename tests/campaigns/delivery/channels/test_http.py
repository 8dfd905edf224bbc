"""What every exporter over HTTP does when the other side is busy, broken or gone."""

import itertools
import socket
from http import HTTPStatus
from types import SimpleNamespace

import pytest

from campaigns.delivery.channels import outgoing
from campaigns.delivery.channels.http import (
    LONGEST_PAUSE_SECONDS,
    Answer,
    Body,
    Exchange,
    RefusedError,
    UnreachableError,
    is_passing,
)
from tests.campaigns.delivery.servers import DROP, World, raw_world


class Patience:
    """An exchange whose pauses take no time; they are kept in `pauses`."""

    def __init__(self, *, timeout: float = 30, attempts: int = 5) -> None:
        self.pauses: list[float] = []
        dice = itertools.cycle([0.0, 1.0, 0.5])
        self.exchange = Exchange(
            timeout=timeout,
            attempts=attempts,
            sleep=self.pauses.append,
            dice=lambda: next(dice),
            clock=lambda: 1_700_000_000.0,
        )

    def post(self, url: str) -> Answer:
        """The same request each time."""
        body = Body(6, lambda: iter([b"abc", b"def"]))
        return self.exchange.send("POST", url, key="the key", headers=dict, body=body)


def test_temporary_failures_are_retried_with_the_same_key_and_body(world: World) -> None:
    world.will(429, 500, DROP, 503)
    patience = Patience()
    assert patience.post(world.url + "/in").status == 200
    assert [(got.method, got.path, got.body) for got in world.got] == [("POST", "/in", b"abcdef")] * 5
    assert {got.headers["idempotency-key"] for got in world.got} == {"the key"}
    # Half a second, twice as long each time, less a part by chance.
    assert patience.pauses == [0.25, 1.0, 1.5, 2.0]


def test_connections_are_reused(world: World) -> None:
    patience = Patience()
    for _ in range(5):
        patience.post(world.url)
    assert world.connections == 1


@pytest.mark.parametrize("status", [400, 401, 404, 422, 301])
def test_a_refusal_is_final(world: World, status: int) -> None:
    world.will(status, body=b'{"error": "no\n such list"}', location="http://example.org/")
    with pytest.raises(RefusedError) as refusal:
        Patience().post(world.url)
    # Its status line alone: what stands in the body may be of a server that operators are not to read.
    assert str(refusal.value) == f"HTTP {status} {HTTPStatus(status).phrase}"
    assert len(world.got) == 1


@pytest.mark.parametrize(
    ("asked", "pause"),
    [("3", 3.0), ("Tue, 14 Nov 2023 22:13:27 GMT", 7.0), ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0), ("soon", 0.25)],
)
def test_retry_after_is_respected(world: World, asked: str, pause: float) -> None:
    world.will(429, retry_after=asked)
    patience = Patience()
    patience.post(world.url)
    assert patience.pauses == [pause]


def test_a_long_retry_after_ends_the_exchange(world: World) -> None:
    world.will(429, retry_after=str(int(LONGEST_PAUSE_SECONDS) + 1))
    patience = Patience()
    with pytest.raises(UnreachableError) as end:
        patience.post(world.url)
    assert (end.value.retry_after, end.value.is_uncertain, patience.pauses) == (LONGEST_PAUSE_SECONDS + 1, False, [])


@pytest.mark.parametrize(
    "asked", ["31536000", "9" * 20, "9" * 60_000, "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 2099 00:00:00 -0000"]
)
def test_retry_after_is_limited_to_an_hour(world: World, asked: str) -> None:
    world.will(429, retry_after=asked)
    with pytest.raises(UnreachableError, match=r"it asks to wait 3600 s$") as end:
        Patience().post(world.url)
    assert end.value.retry_after == 3600


@pytest.mark.parametrize(
    "said",
    [
        b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
        b"Content-Length: 100\r\n\r\nshort",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nsh",
        b"Content-Type: application/json\r\n\r\n\xff{",
    ],
)
def test_a_success_counts_whatever_its_body(said: bytes) -> None:
    with raw_world(b"HTTP/1.1 202 Accepted\r\n" + said) as world:
        answer = Patience().post(world.url)
    assert (answer.status, answer.document()) == (202, {})


def test_a_passed_deadline_is_not_retried() -> None:
    patience = Patience(timeout=0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UnreachableError):
        patience.post(f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert patience.pauses == []


@pytest.mark.parametrize(("seconds", "pauses"), [(9.8, []), (4.7, [0.25]), (2.5, [0.25, 1.0])])
def test_all_attempts_share_one_deadline(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: float, pauses: list[float]
) -> None:
    """By a clock that only the answers, which take so many seconds each, and the pauses move on."""
    now = [0.0]
    monkeypatch.setattr(outgoing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    world.will(*[503] * 5)
    patience = Patience(timeout=10)

    def is_transient(answer: Answer) -> bool:
        now[0] += seconds
        return is_passing(answer)

    def sleep(pause: float) -> None:
        patience.pauses.append(pause)
        now[0] += pause

    patience.exchange.sleep = sleep
    patience.exchange.transient = is_transient
    with pytest.raises(UnreachableError, match="HTTP 503"):
        patience.post(world.url)
    assert (len(world.got), patience.pauses) == (len(pauses) + 1, pauses)


def test_a_refused_connection_is_certainly_not_delivered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(UnreachableError) as end:
        Patience(attempts=2).post(f"http://127.0.0.1:{port}/")
    assert not end.value.is_uncertain


@pytest.mark.parametrize("answer", [DROP, 500])
def test_a_request_that_may_have_arrived_is_uncertain(world: World, answer: int) -> None:
    world.will(answer, 429)
    with pytest.raises(UnreachableError) as end:
        Patience(attempts=2).post(world.url)
    assert end.value.is_uncertain


def test_a_request_without_an_answer_is_uncertain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UnreachableError) as end:
        Patience(timeout=0.05, attempts=2).post(f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert end.value.is_uncertain


def test_an_endless_answer_is_cut(world: World) -> None:
    world.will(200, body=b"x" * 200_000)
    patience = Patience()
    assert len(patience.post(world.url).body) == 65_536
    assert patience.post(world.url).status == 200
