"""The door, with a client and a handler in the hands of the test; `tests/abuse` attacks it in a real server."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from pytest_django import Settings
from structlog.testing import capture_logs

from config import handlers
from config.door import application
from config.door.application import Door
from config.door.environ import environ_of
from config.door.hang_up import META_KEY, HangUp

PATIENCE_SECONDS = 20
Message = dict[str, Any]
Handler = Callable[[dict[str, Any], object], HttpResponseBase]


class Client:
    """One client: what it sends is told at once, what it is sent is kept; `gone` is set where it hangs up."""

    def __init__(self, *parts: bytes, method: str = "POST", path: str = "/api/x", **headers: str) -> None:
        self.scope: Message = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 4711),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        self.parts = list(parts)
        self.sent: list[Message] = []
        self.gone = asyncio.Event()
        self.has_some = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()

    async def receive(self) -> Message:
        """A part of the body, or what happened."""
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        await self.takes.wait()
        self.sent.append(message)
        if len(self.sent) > 2:
            self.has_some.set()

    async def asks(self, door: Door) -> int:
        """The status of the answer, 0 where there is none."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await door(self.scope, self.receive, self.send)
        return int(self.sent[0]["status"]) if self.sent else 0

    @property
    def body(self) -> bytes:
        """What came of the answer."""
        return b"".join(message.get("body", b"") for message in self.sent)


def door_of(handler: Handler, threads: int = 1) -> Door:
    return Door(handler, handlers, threads=threads)  # type: ignore[arg-type]  # it is called like Django's


def echo(environ: dict[str, Any], _start_response: object) -> HttpResponse:
    """The body, as a view would read it."""
    return HttpResponse(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]  # a coroutine


def test_the_times_are_those_that_were_promised() -> None:
    assert (settings.STALLED_BODY_SECONDS, settings.UNREAD_ANSWER_SECONDS) == (10, 30)


def test_a_body_is_whole_before_a_thread_sees_it() -> None:
    async def work() -> None:
        door = door_of(echo)
        for headers in ({"content_length": "6"}, {"transfer_encoding": "chunked"}):
            client = Client(b"a", b"bc", b"def", **headers)
            assert await client.asks(door) == 200
            assert client.body == b"abcdef"
            assert (b"content-length", b"6") in client.sent[0]["headers"]

    run(work)


def test_a_client_that_sends_no_end_holds_no_thread(settings: Settings) -> None:
    settings.STALLED_BODY_SECONDS = 0.05

    async def work() -> None:
        door = door_of(echo)
        slow = [asyncio.create_task(Client(content_length="6").asks(door)) for _ in range(20)]
        assert await Client(b"whole", content_length="5").asks(door) == 200
        assert await asyncio.gather(*slow) == [408] * 20

    run(work)


def test_a_view_is_notified_when_its_client_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(application, "SWEEP_SECONDS", 0.01)
    begun, cancelled = threading.Event(), threading.Event()

    def handler(environ: dict[str, Any], _start_response: object) -> HttpResponse:
        with environ[META_KEY].calling(cancelled.set):
            begun.set()
            return HttpResponse(str(cancelled.wait(PATIENCE_SECONDS)))

    async def work() -> None:
        client = Client(method="GET")
        asked = asyncio.create_task(client.asks(door_of(handler)))
        await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        client.gone.set()
        await asked
        assert client.body == b"True"

    run(work)


def test_a_request_whose_client_has_gone_while_it_waited_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(application, "SWEEP_SECONDS", 0.01)
    free, seen = threading.Event(), []

    def handler(environ: dict[str, Any], _start_response: object) -> HttpResponse:
        seen.append(environ["PATH_INFO"])
        free.wait(PATIENCE_SECONDS)
        return HttpResponse()

    async def work() -> None:
        door = door_of(handler)
        first, second = Client(method="GET", path="/first"), Client(method="GET", path="/second")
        busy = asyncio.create_task(first.asks(door))
        waits = asyncio.create_task(second.asks(door))
        second.gone.set()
        assert await waits == 0
        free.set()
        assert await busy == 200
        assert seen == ["/first"]

    run(work)


def test_requests_that_wait_too_long_or_are_too_many_get_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(application, "SWEEP_SECONDS", 0.01)
    monkeypatch.setattr(application, "MOST_WAITING", 1)
    begun, free = threading.Event(), threading.Event()

    def handler(_environ: dict[str, Any], _start_response: object) -> HttpResponse:
        begun.set()
        free.wait(PATIENCE_SECONDS)
        return HttpResponse()

    async def work() -> None:
        door = door_of(handler)
        busy = asyncio.create_task(Client(method="GET").asks(door))
        await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        waits = asyncio.create_task(Client(method="GET").asks(door))
        await asyncio.sleep(0)
        one_too_many = Client(method="GET")
        assert await one_too_many.asks(door) == 503
        assert dict(one_too_many.sent[0]["headers"])[b"retry-after"]
        assert await waits == 503
        assert await Client(method="GET", path="/healthz").asks(door) == 200
        free.set()
        assert await busy == 200

    run(work)


def test_a_streamed_answer_is_made_as_it_is_taken_and_holds_no_thread() -> None:
    made = []

    def pieces() -> Iterator[bytes]:
        for number in range(6):
            made.append(number)
            yield b"x" * 65_536

    closed = threading.Event()

    def handler(environ: dict[str, Any], _start_response: object) -> HttpResponseBase:
        if environ["PATH_INFO"] == "/api/streamed":
            streamed = StreamingHttpResponse(pieces())
            streamed._resource_closers.append(closed.set)  # type: ignore[attr-defined]  # Django's own list
            return streamed
        return HttpResponse()

    async def work() -> None:
        door, client = door_of(handler), Client(method="GET", path="/api/streamed")
        client.takes.clear()
        streaming = asyncio.create_task(client.asks(door))
        for _ in range(3):
            assert await Client(method="GET").asks(door) == 200
        assert len(made) <= 1
        client.takes.set()
        assert await streaming == 200
        assert (len(client.body), made) == (6 * 65_536, list(range(6)))
        assert closed.is_set()

    run(work)


def test_a_stream_ends_when_its_client_has_gone() -> None:
    def pieces() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    async def work() -> None:
        door, client = door_of(lambda *_: StreamingHttpResponse(pieces())), Client(method="GET")
        streaming = asyncio.create_task(client.asks(door))
        await client.has_some.wait()
        client.gone.set()
        assert await streaming == 200

    run(work)


def test_a_stream_s_view_is_notified_when_its_client_goes() -> None:
    """What they raise for it is nobody's error, and the answer is closed."""
    begun, gone, closed = threading.Event(), threading.Event(), threading.Event()

    def handler(environ: dict[str, Any], _start_response: object) -> StreamingHttpResponse:
        def pieces() -> Iterator[bytes]:
            yield b"x" * 65_536
            with environ[META_KEY].calling(gone.set):
                begun.set()
                assert gone.wait(PATIENCE_SECONDS)
                raise ValueError

        answer = StreamingHttpResponse(pieces())
        answer._resource_closers.append(closed.set)  # type: ignore[attr-defined]  # Django's own list
        return answer

    async def work() -> None:
        door, client = door_of(handler), Client(method="GET")
        streaming = asyncio.create_task(client.asks(door))
        await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        client.gone.set()
        assert await streaming == 200
        assert gone.is_set()
        assert closed.is_set()
        assert len(client.sent) == 2, "its start and one part, but no end"

    run(work)


def test_a_part_that_fails_while_its_reader_is_there_is_a_fault() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 65_536
        raise ValueError("of the second part")

    async def work() -> None:
        with pytest.raises(ValueError, match="of the second part"):
            await Client(method="GET").asks(door_of(lambda *_: StreamingHttpResponse(pieces())))

    run(work)


def test_a_body_that_is_refused_is_logged_with_its_client_not_with_the_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1

    async def work() -> None:
        client = Client(content_type="multipart/form-data", content_length="1", x_forwarded_for="1.2.3.4, 192.0.2.7")
        with capture_logs() as logged:
            assert await client.asks(door_of(echo)) == 415
        assert [(each["event"], each["client"]) for each in logged] == [("body_refused", "192.0.2.7")]

    run(work)


def test_a_handler_that_fails_is_answered_in_the_dialect() -> None:
    def handler(_environ: dict[str, Any], _start_response: object) -> HttpResponse:
        raise ValueError

    async def work() -> None:
        client = Client(method="GET")
        assert await client.asks(door_of(handler)) == 500
        assert b":internal-error" in client.body

    run(work)


def test_what_was_to_be_done_after_the_answer_is_done_after_it() -> None:
    done: list[str] = []
    over = threading.Event()

    def handler(_environ: dict[str, Any], _start_response: object) -> HttpResponse:
        response = HttpResponse(b"first")
        response._resource_closers += [lambda: done.append("after"), over.set]  # type: ignore[attr-defined]  # as above
        return response

    async def work() -> None:
        client = Client(method="GET")
        assert await client.asks(door_of(handler)) == 200
        await asyncio.to_thread(over.wait, PATIENCE_SECONDS)
        assert done == ["after"]

    run(work)


def test_headers_become_the_variables_that_django_reads() -> None:
    scope = Client(content_type="text/plain", x_one="1").scope | {"raw_path": b"/a%2Fb/%C3%A4%ff"}
    scope["headers"] += [(b"x-two", b"a"), (b"x-two", b"b"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"x_two", b"c")]
    environ = environ_of(scope)
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["HTTP_X_TWO"] == "a,b"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["PATH_INFO"].encode("latin-1") == b"/a/b/\xc3\xa4\xff"
    assert environ_of(scope) == environ, "no request leaves anything to the next"


def test_a_callback_is_called_once_and_never_after_its_block() -> None:
    calls: list[str] = []
    hang_up = HangUp()
    with hang_up.calling(lambda: calls.append("before")):
        pass
    with hang_up.calling(lambda: calls.append("inside")):
        hang_up.tell()
        hang_up.tell()
    with hang_up.calling(lambda: calls.append("gone already")):
        pass
    assert calls == ["inside", "gone already"]
    assert hang_up.has_happened


def test_a_failing_callback_does_not_keep_the_others_from_running() -> None:
    calls: list[str] = []
    hang_up = HangUp()
    with hang_up.calling(lambda: 1 // 0), hang_up.calling(lambda: calls.append("second")):
        hang_up.tell()
    assert calls == ["second"]
