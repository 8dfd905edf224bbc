"""Clients that stand still occupy nothing: bodies that don't come, answers that nobody reads, silent connections."""

import json
import resource
from collections.abc import Iterator

import pytest

from tests.abuse.server import ANSWER_SECONDS, MOST_CONNECTIONS, Server
from tests.abuse.sockets import RECEIVED, head, is_ended, many, opened, read_all, read_answer
from tests.abuse.world import FILE_BYTES, PORTFOLIO, Abused
from tests.config.served import until

TRACE = "/api/traces/trace"
JSON = "application/json"
# The attack of the issue took eight; that many and more than a process has files to give in many a shell.
SLOW, UNREAD, IDLE = 100, 100, 1_000
# That many connections, and whatever else pytest has open.
FILES = 2_048


@pytest.fixture
def _files() -> Iterator[None]:
    """As many open files as the attacker needs; fails where the hard limit is below (CONTRIBUTING.md)."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def test_stalled_bodies_delay_no_other_request_and_are_refused(server: Server, abused: Abused) -> None:
    asked = head("POST", TRACE, Content_Type=JSON, Content_Length=1000) + b"{"
    with many(server, SLOW, asked) as slow:
        assert server.status("GET", "/healthz") == 200
        body = json.dumps({"app-token": abused.app_token})
        assert server.status("POST", TRACE, body=body, headers={"Content-Type": JSON}) == 200
        for each in slow:
            status, answer = read_answer(each)
            assert (status, json.loads(answer)["error"]["code"]) == (408, "body-too-slow")
        until(lambda: all(is_ended(each) for each in slow), "the end of the connections", 20)
    assert server.connections() <= MOST_CONNECTIONS


def test_unread_answers_delay_no_other_request_and_are_cut_off(server: Server, abused: Abused) -> None:
    asked = head("GET", abused.file_path, Authorization=f"Basic {abused.basic}")
    with many(server, UNREAD, asked, received=RECEIVED) as unread:
        assert unread[0].recv(12) == b"HTTP/1.1 200"
        headers = {"Authorization": f"Basic {abused.basic}"}
        assert server.status("GET", f"{abused.management}/campaigns?limit=1", headers=headers) == 200
        ports = {each.getsockname()[1] for each in unread}
        until(lambda: not server.held(ports), "the end of the connections", ANSWER_SECONDS + 20)
        assert len(read_all(unread[-1])) < FILE_BYTES
    assert server.connections() <= MOST_CONNECTIONS


def test_a_client_that_reads_slowly_gets_all(server: Server, abused: Abused) -> None:
    with opened(server, received=RECEIVED) as slow:
        slow.sendall(head("GET", abused.file_path, Authorization=f"Basic {abused.basic}", Connection="close"))
        assert len(read_all(slow)) > FILE_BYTES


def test_an_unread_stream_occupies_no_thread(server: Server, abused: Abused) -> None:
    asked = head(
        "POST",
        "/marketing-solutions/campaigns/search",
        Authorization=abused.bearer,
        Content_Length=2,
        Connection="close",
    )
    with many(server, 20, asked + b"{}", received=RECEIVED) as unread:
        assert server.status("GET", "/marketing-solutions/campaigns/1", headers={"Authorization": abused.bearer}) == 200
        _, _, chunks = read_all(unread[0]).partition(b"\r\n\r\n")
    assert len(json.loads(unchunked(chunks))["data"]) == PORTFOLIO


@pytest.mark.usefixtures("_files")
def test_silent_connections_delay_no_other_request(server: Server) -> None:
    with many(server, IDLE, b""):
        assert server.status("GET", "/readyz") == 200


def test_connections_are_spread_over_the_processes(server: Server) -> None:
    with many(server, 64, head("GET", "/healthz")) as asked:
        for each in asked:
            assert read_answer(each)[0] == 200
        held = server.held({each.getsockname()[1] for each in asked})
    assert len(held) == 2
    assert min(held.values()) >= 8, "by chance a process has so few in one of ten billion runs"


def test_half_a_head_is_not_waited_for(server: Server) -> None:
    with many(server, 10, b"GET /healthz HTTP/1.1\r\nHost: 127") as halves:
        until(lambda: all(is_ended(each) for each in halves), "the end of the connections", 40)


def test_a_head_without_end_is_refused(server: Server) -> None:
    with opened(server) as endless:
        endless.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-Filler: 1\r\n" * 200)
        assert read_all(endless).split(b" ")[1] in {b"400", b"431"}


def unchunked(body: bytes) -> bytes:
    """The bytes of a body that came in chunks."""
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        parts.append(rest[: int(size, 16)])
        body = rest[int(size, 16) + 2 :]
    return b"".join(parts)
