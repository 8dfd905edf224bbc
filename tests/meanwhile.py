"""Something that happens on another connection just before a chosen statement of what is tested."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from django.db import connection, connections

PATIENCE_SECONDS = 30
WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"


class Meanwhile:
    """Does `work` before the statement `number` (from 0) of this thread's connection."""

    def __init__(self, number: int, work: Callable[[], Any]) -> None:
        self._number, self._work = number, work
        self._pool = ThreadPoolExecutor(1)
        self._seen = -1
        self._pid = 0
        self._future: Future[Any] | None = None
        self.had_to_wait = False

    @property
    def has_happened(self) -> bool:
        """Whether there were so many statements."""
        return self._future is not None

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (Django's wrapper)
        """Django's hook around each statement."""
        self._seen += 1
        if self._seen == self._number:
            self._future = self._pool.submit(self._do)
            self._wait(execute, context)
        return execute(sql, params, many, context)

    def _do(self) -> None:
        try:
            connection.ensure_connection()
            self._pid = connection.connection.info.backend_pid
            self._work()
        finally:
            connections.close_all()

    def _wait(self, execute: Callable[..., Any], context: Any) -> None:
        """Until it is done, or waits for what the tested transaction holds."""
        assert self._future is not None
        deadline = monotonic() + PATIENCE_SECONDS
        while not self._future.done():
            assert monotonic() < deadline, "it is neither done nor waiting"
            execute(WAITS, [self._pid], False, context)
            self.had_to_wait = bool(context["cursor"].fetchone()[0])
            if self.had_to_wait:
                return
            sleep(0.002)

    def end(self) -> None:
        """Wait for what happened, and raise what it raised."""
        self._pool.shutdown()
        if self._future is not None:
            self._future.result(PATIENCE_SECONDS)


@contextmanager
def meanwhile(number: int, work: Callable[[], Any]) -> Iterator[Meanwhile]:
    """Before the statement `number` of the block `work` is done on another connection.

    Where it waits for a lock of the block it ends after the block.
    """
    happening = Meanwhile(number, work)
    try:
        with connection.execute_wrapper(happening):
            yield happening
    finally:
        happening.end()
