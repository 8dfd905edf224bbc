"""Clients that go: what was done for them ends, their answers are nobody's error, and what frames a body has an end."""

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from tests.abuse.server import BODY_SECONDS, MOST_CONNECTIONS, Server
from tests.abuse.sockets import head, is_ended, opened, read_all, read_answer
from tests.abuse.test_bodies import MIB
from tests.abuse.world import Abused
from tests.config.served import until

TRACE = "/api/traces/trace"
JSON = "application/json"
SEARCH, CAMPAIGN = "/marketing-solutions/campaigns/search", "/marketing-solutions/campaigns/1"
CAMPAIGNS_TABLE, TURNS_TABLE = "campaigns_adcampaign", "marketing_solutions_searchturn"
# In which a client's going is seen, on a machine that is busy; what it had asked for would wait for much longer.
SEEN_SECONDS = 30


def _waiting(server: Server, part: str) -> Callable[[], bool]:
    return lambda: server.statements(part) > 0


def test_a_statement_of_an_answer_that_streams_ends_with_its_client(server: Server, abused: Abused) -> None:
    """The first page is read, and its turn is waited for; the second page is what waits when the client goes."""
    asked = head("POST", SEARCH, Authorization=abused.bearer, Content_Length=2) + b"{}"
    told = server.log.count("client_gone")
    with opened(server) as impatient, ExitStack() as block:
        with server.locked(TURNS_TABLE):
            impatient.sendall(asked)
            until(_waiting(server, TURNS_TABLE), "the first page", SEEN_SECONDS)
            block.enter_context(server.locked(CAMPAIGNS_TABLE))
        assert impatient.recv(12) == b"HTTP/1.1 200"
        until(_waiting(server, CAMPAIGNS_TABLE), "the second page", SEEN_SECONDS)
        impatient.close()
        until(lambda: not server.statements(CAMPAIGNS_TABLE), "the statement's end", SEEN_SECONDS)
    assert server.log.count("client_gone") > told
    assert server.status("GET", CAMPAIGN, headers={"Authorization": abused.bearer}) == 200


@pytest.mark.parametrize("others", [0, 1, 5])
def test_an_answer_to_a_client_that_has_gone_is_not_logged_as_an_error(
    server: Server, abused: Abused, others: int
) -> None:
    """Whatever they had asked for besides, without waiting; that nothing is logged is looked after for every test."""
    asked = head("GET", CAMPAIGN, Authorization=abused.bearer)
    with server.locked(CAMPAIGNS_TABLE):
        with opened(server) as impatient:
            impatient.sendall(asked * (others + 1))
            until(_waiting(server, CAMPAIGNS_TABLE), "the first to be worked on", SEEN_SECONDS)
        until(lambda: not server.statements(CAMPAIGNS_TABLE), "the statement's end", SEEN_SECONDS)
    assert server.status("GET", CAMPAIGN, headers={"Authorization": abused.bearer}) == 200


def test_no_connection_asks_for_any_number_of_things_at_once(server: Server) -> None:
    with opened(server) as greedy:
        greedy.sendall(head("GET", "/readyz") * 4 + head("GET", "/readyz", Connection="close"))
        assert read_all(greedy).count(b"HTTP/1.1 200 ") == 5
    with opened(server) as greedy, suppress(BrokenPipeError, ConnectionResetError):
        greedy.sendall(head("GET", "/readyz") * 2_000)
        # However the system cuts it into reads: it is ended long before the last one.
        assert read_all(greedy).count(b"HTTP/1.1 200 ") < 200
    assert server.connections() <= MOST_CONNECTIONS


def test_an_empty_line_does_not_keep_a_connection_open(server: Server) -> None:
    with opened(server) as silent:
        silent.sendall(head("GET", "/healthz"))
        assert read_answer(silent)[0] == 200
        silent.sendall(b"\r\n")
        until(lambda: is_ended(silent), "the end of the connection", BODY_SECONDS + SEEN_SECONDS)


@pytest.mark.parametrize("unended", [b"GET /", b"GET /healthz HTTP/1.1\r\nX-", b"GET /healthz HTTP/1.1\r\nX: "])
def test_a_line_of_a_head_without_end_is_refused(server: Server, unended: bytes) -> None:
    with opened(server) as endless:
        assert _refused(endless, unended, b"x" * 65_536)


def test_chunk_extensions_are_bounded(server: Server, abused: Abused) -> None:
    """The parser tells nobody of it, so it is counted as what was received and is no body."""
    chunked = head("POST", TRACE, Content_Type=JSON, Transfer_Encoding="chunked")
    with opened(server) as endless:
        assert _refused(endless, chunked + b"1;", b"x" * 65_536)
    with opened(server) as repeated:
        assert _refused(repeated, chunked, (b"1;" + b"x" * 1_000 + b"\r\n \r\n") * 60)
    body = json.dumps({"app-token": abused.app_token}).encode()
    small = b"".join(b"00001;a=b\r\n%c\r\n" % byte for byte in body.ljust(20_000))
    with opened(server) as patient:
        patient.sendall(chunked + small + b"0\r\n\r\n")
        assert read_answer(patient)[0] == 200, "however small the chunks of a body are"


def _refused(connection: socket.socket, begun: bytes, more: bytes) -> bool:
    """Whether somebody who sends a megabyte of `more` is told 400 before its end, or can send no more."""
    sent = 0
    try:
        connection.sendall(begun)
        while sent < MIB:
            connection.sendall(more)
            sent += len(more)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return read_all(connection).startswith(b"HTTP/1.1 400 ")
