"""Notifies a view that its client has gone."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

# The key of a request's own in `request.META`.
META_KEY = "door.hang_up"

log = structlog.get_logger(__name__)


class HangUp:
    """Whether the client of one request has hung up, and the callbacks to notify."""

    __slots__ = ("_callbacks", "_has_happened", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []
        self._has_happened = False

    @property
    def has_happened(self) -> bool:
        """Whether the client is known to have gone."""
        return self._has_happened

    @contextmanager
    def calling(self, callback: Callable[[], object]) -> Iterator[None]:
        """Have `callback` called from another thread if the client goes while the block runs (at once if it has gone).

        The end of the block waits for a call that has begun, so it can't affect anything after the block.
        """
        with self._lock:
            self._callbacks.append(callback)
            if self._has_happened:
                _call(callback)
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    def tell(self) -> None:
        """Note that the client has gone, and run the callbacks; their exceptions are logged."""
        with self._lock:
            if self._has_happened:
                return
            self._has_happened = True
            for callback in self._callbacks:
                _call(callback)


def _call(callback: Callable[[], object]) -> None:
    try:
        callback()
    except Exception:
        # The other callbacks run all the same.
        log.exception("hang_up_callback_failed")
