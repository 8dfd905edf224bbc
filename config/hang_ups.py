"""A client that hangs up while it is waited on costs no statement more: the one that runs is cancelled.

The web server's door says so (`config.door`, "door.hang_up" of a request); elsewhere nobody does, and nothing happens.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import structlog
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse

META_KEY = "door.hang_up"

log = structlog.get_logger(__name__)


class HangUp(Protocol):
    """What the door puts into a request."""

    def calling(self, callback: Callable[[], object], /) -> AbstractContextManager[None]:
        """Call `callback` from another thread if the client goes while the block runs, whose end waits for the call."""


def statements_end_with_their_client(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Cancel what the database does for a client that has gone; nothing further is begun for it either.

    Its transaction is rolled back as if the connection were lost; what had been committed stays.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        hang_up: HangUp | None = request.META.get(META_KEY)
        if hang_up is None:
            return get_response(request)
        with _abandoned_with(hang_up, request.path):
            return get_response(request)

    return middleware


@contextmanager
def _abandoned_with(hang_up: HangUp, path: str) -> Iterator[None]:
    # This thread's connection, by which another thread can mean it.
    database: Any = connections[DEFAULT_DB_ALIAS]

    def abandon() -> None:
        log.info("client_gone", path=path)
        database.abandon()

    try:
        with hang_up.calling(abandon):
            yield
    finally:
        database.is_abandoned = False
