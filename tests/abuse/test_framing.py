"""What stands around bodies: trailers, what comes after an answer, what can't be read behind what can."""

import json
import socket

import pytest

from tests.abuse.server import BODY_SECONDS, Server
from tests.abuse.sockets import head, is_ended, opened, read_all, read_answer
from tests.abuse.world import Abused
from tests.config.served import until

TRACE, CAMPAIGN = "/api/traces/trace", "/marketing-solutions/campaigns/1"
JSON = "application/json"
SEEN_SECONDS = 20


def _chunked(body: bytes, *trailers: bytes) -> bytes:
    return b"%x\r\n" % len(body) + body + b"\r\n0\r\n" + b"".join(line + b"\r\n" for line in trailers) + b"\r\n"


def test_a_trailer_is_no_header(server: Server, abused: Abused) -> None:
    """In the same read as the head it would have been one: of the caller's address, rights or formats."""
    bearer = f"Authorization: {abused.bearer}".encode()
    with opened(server) as stranger:
        stranger.sendall(head("GET", CAMPAIGN, Transfer_Encoding="chunked") + _chunked(b"x", bearer))
        assert read_answer(stranger)[0] == 401
    body = json.dumps({"app-token": abused.app_token}).encode()
    with opened(server) as caller:
        trailers = (b"Accept: application/edn", b"Content-Type: multipart/form-data; boundary=x")
        caller.sendall(head("POST", TRACE, Content_Type=JSON, Transfer_Encoding="chunked") + _chunked(body, *trailers))
        status, answer = read_answer(caller)
        assert (status, "trace-id" in json.loads(answer)) == (200, True)


def test_a_trailer_may_say_that_the_connection_ends(server: Server, abused: Abused) -> None:
    body = json.dumps({"app-token": abused.app_token}).encode()
    with opened(server) as caller:
        begun = head("POST", TRACE, Content_Type=JSON, Transfer_Encoding="chunked")
        caller.sendall(begun + _chunked(body, b"Connection: close"))
        assert b"\r\nconnection: close\r\n" in read_all(caller)


@pytest.mark.parametrize("body", [head("GET", "/healthz", Content_Length=100_000), b""])
def test_an_unread_body_does_not_keep_a_connection_open(server: Server, body: bytes) -> None:
    sent = body or head("GET", "/healthz", Transfer_Encoding="chunked") + b"ffff\r\n"
    with opened(server) as dripping:
        dripping.sendall(sent + b"x")
        assert read_answer(dripping)[0] == 200
        dripping.sendall(b"y")
        until(lambda: is_ended(dripping), "the end of the connection", BODY_SECONDS + SEEN_SECONDS)


@pytest.mark.parametrize("unreadable", [b"\x00\r\n\r\n", b"POST / HTTP/1.1\r\nTransfer-Encoding: nonsense\r\n\r\n"])
def test_what_can_not_be_read_takes_no_answer_of_what_could(server: Server, abused: Abused, unreadable: bytes) -> None:
    body = json.dumps({"app-token": abused.app_token, "customer-id": "answered all the same"}).encode()
    with opened(server) as caller:
        with server.locked("traces_trace"):
            caller.sendall(head("POST", TRACE, Content_Type=JSON, Content_Length=len(body)) + body)
            until(lambda: bool(server.statements("traces_trace")), "the trace to be made", SEEN_SECONDS)
            caller.sendall(unreadable)
        assert read_answer(caller)[0] == 200
        until(lambda: is_ended(caller), "the end of the connection", SEEN_SECONDS)


@pytest.mark.parametrize("length", [66_000, 100_000, 190_000])
def test_a_head_is_bounded_however_it_is_cut(server: Server, length: int) -> None:
    with opened(server) as caller:
        _send(caller, head("GET", "/healthz", X_Long="x" * length))
        assert b"HTTP/1.1 400 " in read_all(caller)


def test_white_space_around_a_value_is_none_of_it(server: Server) -> None:
    with opened(server) as caller:
        caller.sendall(b"GET /schema/ HTTP/1.1\r\nHost:  127.0.0.1 \t\r\nConnection: close\r\n\r\n")
        assert read_all(caller).startswith(b"HTTP/1.1 200 ")


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        assert len(data) > 65_536, "only what is too long is not read to its end"
