"""Reading a request's body: whole, bounded, and in time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from customers.errors import DomainError, ErrorKind, body_too_large

Receive = Callable[[], Awaitable[dict[str, Any]]]

# How long a whole body may take, however steadily it comes.
WHOLE_BODY_SECONDS = 120
# How much of a refused body is read and discarded, and for how long: a client that still sends doesn't read the answer.
MOST_DISCARDED, DISCARD_SECONDS = 16 * 1_048_576, 2


class ClientGoneError(Exception):
    """The client has closed the connection."""


def declared_length(environ: dict[str, Any]) -> int | None:
    """How many bytes the headers announce: 0 where there is no body, None where they don't say (chunks)."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length: str = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else None


async def read_body(receive: Receive, *, declared: int | None, most: int, still_seconds: float) -> bytes:
    """The body; DomainError `body_too_large` (more than `most` bytes) or `body_too_slow`, ClientGoneError.

    Too slow: nothing of the body came for `still_seconds`, or all of it took longer than WHOLE_BODY_SECONDS.
    """
    if declared is not None and declared > most:
        raise body_too_large(most)
    loop = asyncio.get_running_loop()
    at_last = loop.time() + WHOLE_BODY_SECONDS
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(still_seconds) as deadline:
            while more:
                part, more = await _part(receive)
                size += len(part)
                if size > most:
                    raise body_too_large(most)
                parts.append(part)
                if size == declared:
                    break
                if part:
                    deadline.reschedule(min(loop.time() + still_seconds, at_last))
    except TimeoutError:
        raise DomainError(ErrorKind.TIMED_OUT, "body_too_slow", "The body was not sent in time.") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def discard_body(receive: Receive) -> None:
    """Read a refused body for a while, and discard it."""
    discarded, more = 0, True
    with suppress(TimeoutError, ClientGoneError):
        async with asyncio.timeout(DISCARD_SECONDS):
            while more and discarded < MOST_DISCARDED:
                part, more = await _part(receive)
                discarded += len(part)


async def until_gone(receive: Receive) -> None:
    """Wait for the client to hang up, or to have been answered."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGoneError
    return message.get("body", b""), message.get("more_body", False)
