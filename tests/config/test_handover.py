"""What is whole goes between uvicorn and the door at once; uvicorn's own classes are on the other side here."""

import asyncio
import http.client
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from django.http import HttpResponse
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from config.door.application import Door
from config.door.handover import Handover
from tests.config.test_door import door_of, echo

TEXT = (b"content-type", b"text/plain")


class Transport:
    """What a connection writes into."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.written += data

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def cycle(transport: Transport) -> RequestResponseCycle:
    made: Any = transport
    return RequestResponseCycle(
        scope={"method": "GET", "headers": []},  # type: ignore[typeddict-item]  # all that is looked at
        transport=made,
        flow=FlowControl(made),
        logger=logging.getLogger("uvicorn.error"),
        access_logger=logging.getLogger("uvicorn.access"),
        access_log=False,
        default_headers=[(b"date", b"now")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )


def test_an_answer_is_written_whole_and_once(cycle: RequestResponseCycle, transport: Transport) -> None:
    assert Handover(cycle).answer(200, [TEXT], b"hello")
    assert transport.written == b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-type: text/plain\r\n\r\nhello"
    assert (cycle.response_started, cycle.response_complete, transport.is_closed) == (True, True, False)


@pytest.mark.parametrize("headers", [[TEXT], [TEXT, (b"connection", b"close")]])
def test_the_last_answer_of_a_connection_says_close_and_closes_it(
    cycle: RequestResponseCycle, transport: Transport, headers: list[tuple[bytes, bytes]]
) -> None:
    cycle.keep_alive = len(headers) > 1
    assert Handover(cycle).answer(200, headers, b"")
    assert transport.written.count(b"connection: close\r\n") == 1
    assert transport.is_closed


def test_an_answer_waits_where_its_client_must_take_another_one(
    cycle: RequestResponseCycle, transport: Transport
) -> None:
    cycle.flow.write_paused = True
    assert not Handover(cycle).answer(200, [TEXT], b"hello")
    assert (transport.written, cycle.response_started) == (b"", False)


def test_no_answer_is_written_to_a_closed_connection(cycle: RequestResponseCycle, transport: Transport) -> None:
    cycle.disconnected = True
    assert Handover(cycle).answer(200, [TEXT], b"hello")
    assert transport.written == b""


@pytest.mark.parametrize("character", [b"\x00", b"\x1f", b"\x7f"])
def test_control_characters_in_headers_are_refused(
    cycle: RequestResponseCycle, transport: Transport, character: bytes
) -> None:
    with pytest.raises(ValueError, match="header"):
        Handover(cycle).answer(200, [(b"x-echo", b"a" + character)], b"")
    assert transport.written == b""


def test_a_body_is_taken_where_all_of_it_is_there(cycle: RequestResponseCycle) -> None:
    handover = Handover(cycle)
    cycle.body += b"12345"
    assert handover.take_body(5) is None
    cycle.more_body = False
    assert handover.take_body(4) is None
    assert handover.take_body(5) == b"12345"
    assert handover.take_body(5) == b""


@contextmanager
def _served(door: Door) -> Iterator[int]:
    """A door behind uvicorn on a socket, with our connections; its port."""
    options = {"http": "config.door.connections:Connection", "ws": "none", "lifespan": "off", "interface": "asgi3"}
    config: Any = uvicorn.Config(door, loop="asyncio", log_config=None, **options)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def test_answers_on_one_connection_are_in_step_whatever_the_method() -> None:
    with _served(door_of(lambda _environ, _start: HttpResponse("0123456789"))) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for method in ("HEAD", "GET", "HEAD", "GET"):
            connection.request(method, "/api/x")
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Content-Length"]) == (200, "10")
            assert answer.read() == (b"0123456789" if method == "GET" else b"")
        connection.close()


def test_a_body_over_the_limit_is_refused_though_it_is_there(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    with _served(door_of(echo)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/priv/x", b"1" * 10)
        assert (answer := connection.getresponse()).read() == b"1" * 10
        assert answer.status == 200
        connection.request("POST", "/priv/x", b"1" * 11)
        assert connection.getresponse().status == 413
        connection.close()
