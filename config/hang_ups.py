"""Cancels the statements of a request whose client has hung up.

The door (`config.door`) notices it for requests that take more than a second and for streaming answers; other servers
don't.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse

from config.door.hang_up import META_KEY, HangUp

log = structlog.get_logger(__name__)


def statements_end_with_their_client(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Cancel the running statement of a client that has gone, and begin no further ones.

    Its transaction is rolled back as if the connection were lost.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        hang_up: HangUp | None = request.META.get(META_KEY)
        if hang_up is None:
            return get_response(request)
        with _abandoned_with(hang_up, request.path):
            answer = get_response(request)
        if hang_up.has_happened:
            # Nobody reads it, so Django shall not log its status as an error.
            answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - Django's own mark
        if isinstance(answer, StreamingHttpResponse) and not isinstance(answer, FileResponse):
            answer.streaming_content = _each_abandoned_with(hang_up, request.path, iter(answer))
        return answer

    return middleware


def _each_abandoned_with(hang_up: HangUp, path: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a streaming answer, each produced by the thread that asks for it."""
    while True:
        with _abandoned_with(hang_up, path):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


@contextmanager
def _abandoned_with(hang_up: HangUp, path: str) -> Iterator[None]:
    # This thread's connection, for the thread that cancels its statement.
    database: Any = connections[DEFAULT_DB_ALIAS]

    def abandon() -> None:
        log.info("client_gone", path=path)
        database.abandon()

    try:
        with hang_up.calling(abandon):
            yield
    finally:
        database.is_abandoned = False
