"""The threads that run Django: few, with a bounded queue."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import structlog

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class BusyError(Exception):
    """Too many calls wait already, or this one has waited too long."""


class Call(Generic[Result]):
    """Work for a thread; `answered` is set, on the event loop, to its result or exception.

    `afterwards` is called with the result in the same thread, after the loop has been notified.
    """

    __slots__ = ("afterwards", "answered", "began", "loop", "work")

    def __init__(self, work: Callable[[], Result], afterwards: Callable[[Result], object] | None = None) -> None:
        self.work = work
        self.afterwards = afterwards
        self.loop = asyncio.get_running_loop()
        self.answered: asyncio.Future[Result] = self.loop.create_future()
        self.began = time.monotonic()

    def do(self) -> None:
        """Run it in this thread."""
        try:
            result = self.work()
        except Exception as error:  # noqa: BLE001 - passed on to whoever waits
            self._tell(_fail, error)
            return
        self._tell(_succeed, result)
        if self.afterwards:
            try:
                self.afterwards(result)
            except Exception:
                # The answer has been passed on, and the thread must survive.
                log.exception("closing_failed")

    def _tell(self, how: Callable[["asyncio.Future[Any]", Any], None], what: object) -> None:
        """Set `answered` from this thread; no-op if the event loop has ended."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(how, self.answered, what)


class Threads:
    """A pool of `number` daemon threads, started by the first call."""

    def __init__(self, name: str, number: int, *, most_waiting: int = 0) -> None:
        self._name = name
        self._number = number
        self._most_waiting = most_waiting
        self._queue: SimpleQueue[Call[Any]] = SimpleQueue()
        self._is_started = False
        # Oldest first; whoever removes a call (a thread, or the loop that gives up) owns it.
        self.waiting: dict[Call[Any], None] = {}

    def put(self, call: Call[Any], *, whatever_waits: bool = False) -> None:
        """Queue a call for the next free thread; BusyError if too many wait."""
        if len(self.waiting) >= self._most_waiting and not whatever_waits:
            raise BusyError
        if not self._is_started:
            self._start()
        self.waiting[call] = None
        self._queue.put(call)

    async def do(self, work: Callable[[], Result]) -> Result:
        """Run further work of a request that has already had a thread, so it is never refused."""
        call = Call(work)
        self.put(call, whatever_waits=True)
        return await call.answered

    def give_up(self, call: Call[Any], error: Exception) -> bool:
        """Withdraw a call; whether no thread had started it."""
        if self.waiting.pop(call, call) is call:
            return False
        _fail(call.answered, error)
        return True

    def _start(self) -> None:
        self._is_started = True
        for number in range(self._number):
            threading.Thread(target=self._serve, name=f"{self._name} {number}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            call = self._queue.get()
            if self.waiting.pop(call, call) is not call:
                call.do()


def _succeed(future: "asyncio.Future[Result]", result: Result) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
