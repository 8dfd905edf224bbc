"""Reading a request's body: whole, bounded, and in time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from customers.errors import DomainError, ErrorKind

Receive = Callable[[], Awaitable[dict[str, Any]]]

# How long a whole body may take, however steadily it drips.
WHOLE_BODY_SECONDS = 120
# How much of a body that is refused is read and thrown away, and for how long: who still sends can't read an answer.
MOST_DISCARDED, DISCARD_SECONDS = 16 * 1_048_576, 2


class ClientGoneError(Exception):
    """There is nobody left to answer."""


def declared_length(environ: dict[str, Any]) -> int | None:
    """How many bytes the headers announce: 0 where there is no body, None where they don't say (chunks)."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length: str = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else None


async def read_body(receive: Receive, *, declared: int | None, most: int, still_seconds: float) -> bytes:
    """The body; DomainError of the kinds TOO_LARGE (more than `most` bytes) and TOO_SLOW, ClientGoneError.

    Too slow is a body that stands still for `still_seconds`, or takes longer than WHOLE_BODY_SECONDS.
    """
    if declared is not None and declared > most:
        raise _too_large(most)
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
                    raise _too_large(most)
                parts.append(part)
                if size == declared:
                    break
                if part:
                    deadline.reschedule(min(loop.time() + still_seconds, at_last))
    except TimeoutError:
        raise DomainError(ErrorKind.TIMED_OUT, "body_too_slow", "The body was not sent in time.") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def discard_body(receive: Receive) -> None:
    """Read a body that is refused for a while, and keep nothing of it."""
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


def _too_large(most: int) -> DomainError:
    return DomainError(ErrorKind.TOO_LARGE, "body_too_large", f"A body may have {most} bytes.")
