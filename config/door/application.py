"""The ASGI application that the web server calls: reads the request, has a thread answer it, sends the answer."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse

from config.door.answers import Answer, Send
from config.door.bodies import ClientGoneError, Receive, declared_length, discard_body, read_body, until_gone
from config.door.environ import Environ, Scope, environ_of, set_body
from config.door.handover import Handover, handover_of
from config.door.hang_up import META_KEY, HangUp
from config.door.threads import BusyError, Call, Threads
from config.headers import ALWAYS
from config.health_paths import ALIVE, ALIVE_TYPE, LIVENESS, READINESS
from customers.addresses import client_address
from customers.errors import DomainError, ErrorKind

# Requests of a process that may wait for a thread, and for how long.
MOST_WAITING, WAIT_SECONDS = 512, 30.0
# A request that has taken this long is checked regularly: whether its client is still connected.
LONG_SECONDS, SWEEP_SECONDS = 1.0, 1.0
ALIVE_HEADERS = [
    (b"content-type", ALIVE_TYPE.encode()),
    (b"content-length", str(len(ALIVE)).encode()),
    *((name.lower().encode(), value.encode()) for name, value in ALWAYS.items()),
]

log = structlog.get_logger(__name__)


class ErrorResponses(Protocol):
    """The answers to requests that reach no view; `config.handlers` implements it."""

    def body_limit(self, path: str, /) -> int:
        """How many bytes the body of a request to this path may have."""

    def refused(self, environ: Environ, error: DomainError, /) -> HttpResponse:
        """The answer for a refused body."""

    def busy(self, environ: Environ, /) -> HttpResponse:
        """The answer where too many wait for a thread."""

    def crashed(self, environ: Environ, /) -> HttpResponse:
        """The answer where not even Django could answer."""


class Door:
    """The application; `threads` is how many requests a process answers at a time."""

    def __init__(self, handler: WSGIHandler, error_responses: ErrorResponses, *, threads: int) -> None:
        self._handler = handler
        self._error_responses = error_responses
        self._threads = Threads("answer", threads, most_waiting=MOST_WAITING)
        self._readiness = Threads("readiness", 1, most_waiting=16)
        self._hang_ups = Threads("hang-up", 1)
        self._asked: dict[Call[Answer], Asked] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_swept = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"] == LIVENESS and scope["method"] in {"GET", "HEAD"}:
            await send({"type": "http.response.start", "status": 200, "headers": ALIVE_HEADERS})
            await send({"type": "http.response.body", "body": ALIVE})
            return
        environ = environ_of(scope)
        handover = handover_of(scope)
        answer = await self._answer_whatever_happens(environ, receive, handover)
        if answer is None:
            return
        if answer.response is not None:
            hang_up, without_body = environ[META_KEY], scope["method"] == "HEAD"
            await self._stream(answer, receive, send, hang_up, without_body=without_body)
        elif not (handover and handover.answer(answer.status, answer.headers, answer.body)):
            await answer.send(send)

    async def _answer_whatever_happens(
        self, environ: Environ, receive: Receive, handover: Handover | None
    ) -> Answer | None:
        """The answer to a request that is still to be read; None where its client has gone."""
        try:
            set_body(environ, await self._body(environ, receive, handover))
            return await self._answer(environ, receive)
        except ClientGoneError:
            return None
        except DomainError as error:
            return self._refusal(environ, error)
        except BusyError:
            return Answer(self._error_responses.busy(environ))
        except Exception:
            # Whatever it is, the caller gets an answer.
            log.exception("unexpected_fault", path=environ["PATH_INFO"])
            return Answer(self._error_responses.crashed(environ))

    async def _body(self, environ: Environ, receive: Receive, handover: Handover | None) -> bytes:
        """The whole body; DomainError where it is refused, and ClientGoneError."""
        declared = declared_length(environ)
        if declared == 0:
            return b""
        try:
            if "multipart" in environ.get("CONTENT_TYPE", "").lower():
                sentence = "Nothing here takes multipart bodies."
                raise DomainError(ErrorKind.UNKNOWN_FORMAT, "unsupported_media_type", sentence)
            most, still_seconds = self._error_responses.body_limit(environ["PATH_INFO"]), settings.STALLED_BODY_SECONDS
            body = handover.take_body(most) if handover else None
            if body is not None:
                return body
            return await read_body(receive, declared=declared, most=most, still_seconds=still_seconds)
        except DomainError as error:
            if error.kind != ErrorKind.TIMED_OUT and "HTTP_EXPECT" not in environ:
                await discard_body(receive)
            raise

    def _refusal(self, environ: Environ, error: DomainError) -> Answer:
        log.info("body_refused", path=environ["PATH_INFO"], code=error.code, client=client_address(environ))
        set_body(environ, b"")
        return Answer(self._error_responses.refused(environ, error)).closing()

    async def _answer(self, environ: Environ, receive: Receive) -> Answer:
        """Have a thread answer; BusyError, or ClientGoneError if the client left before a thread was free."""
        threads = self._readiness if environ["PATH_INFO"] == READINESS else self._threads
        hang_up = environ[META_KEY] = HangUp()
        call = Call(partial(self._work, environ), Answer.close_if_whole)
        threads.put(call)
        asked = self._asked[call] = Asked(threads, receive, hang_up)
        if not self._is_swept:
            self._is_swept = True
            self._keep(self._sweep())
        try:
            return await call.answered
        finally:
            del self._asked[call]
            if asked.watch:
                asked.watch.cancel()

    def _work(self, environ: Environ) -> Answer:
        """Run Django's handler in a thread; it answers errors itself, so an exception is a bug of ours."""
        return Answer(self._handler(environ, _start_response))

    async def _stream(
        self, answer: Answer, receive: Receive, send: Send, hang_up: HangUp, *, without_body: bool
    ) -> None:
        """Send an answer part by part; the next is made when the last has been taken, by whichever thread is free.

        Whoever makes a part is told if the client goes meanwhile, and may fail for it: nobody reads it any more.
        """
        parts = iter(()) if without_body else answer.parts()
        watch = self._keep(self._tell(receive, hang_up))
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            while (part := await self._threads.do(partial(next, parts, None))) is not None:
                if hang_up.has_happened:
                    return
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except Exception:
            if not hang_up.has_happened:
                raise
        finally:
            watch.cancel()
            await self._threads.do(answer.close)

    async def _sweep(self) -> None:
        """Check requests that take long, for as long as the process lives."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for call, asked in list(self._asked.items()):
                if now - call.began > WAIT_SECONDS:
                    asked.threads.give_up(call, BusyError())
                if now - call.began > LONG_SECONDS and not asked.watch:
                    asked.watch = self._keep(self._watch(call, asked))

    async def _watch(self, call: Call[Answer], asked: "Asked") -> None:
        """Once the client has gone: drop the call if it is still queued, else tell the view."""
        await until_gone(asked.receive)
        if not asked.threads.give_up(call, ClientGoneError()):
            await self._hang_ups.do(asked.hang_up.tell)

    async def _tell(self, receive: Receive, hang_up: HangUp) -> None:
        """Once the client has gone: tell whoever produces the next part of its answer."""
        await until_gone(receive)
        await self._hang_ups.do(hang_up.tell)

    def _keep(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Start a task and keep a reference to it: the event loop keeps only a weak one."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


@dataclass(slots=True)
class Asked:
    """A request that waits for its answer: the pool that makes it, and how to notice that its client has gone."""

    threads: Threads
    receive: Receive
    hang_up: HangUp
    watch: "asyncio.Task[None] | None" = None


def _start_response(*_: object) -> Callable[[bytes], object]:
    """Ignore WSGI's status and headers: the response object has them."""
    return bytes
