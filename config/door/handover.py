"""A short cut between uvicorn and the door for complete bodies and answers, without ASGI's messages.

Those messages, and uvicorn's checks of each header, cost as much as answering a small request. Incomplete bodies,
streams and other servers use the usual ASGI messages.
"""

import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from config.door.answers import CLOSE, Headers

# The name in a scope's `extensions`.
HANDOVER = "door.handover"
# Characters that no header may contain. Django refuses line ends.
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Handover:
    """One request and its answer, through uvicorn's private record of them, which an upgrade may change."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def take_body(self, most: int) -> bytes | None:
        """The request's body if it is complete and has at most `most` bytes; else None, and it stays in place."""
        cycle = self._cycle
        if cycle.more_body or cycle.disconnected or len(cycle.body) > most:
            return None
        body = bytes(cycle.body)
        cycle.body = bytearray()
        return body

    def answer(self, status: int, headers: Headers, body: bytes) -> bool:
        """Write a complete answer (without its body for HEAD); False if the client must read an earlier one first."""
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            return False
        if cycle.disconnected:
            return True
        told = [*cycle.default_headers, *headers]
        if CLOSE in headers:
            cycle.keep_alive = False
        elif not cycle.keep_alive:
            told.append(CLOSE)
        head = b"".join([STATUS_LINE[status], *[b"%b: %b\r\n" % each for each in told], b"\r\n"])
        if CONTROLS.search(head):
            raise ValueError("a header holds what no header may hold")
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(head if cycle.scope["method"] == "HEAD" else head + body)
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True


def handover_of(scope: dict[str, Any]) -> Handover | None:
    """The handover of a request; None under another server."""
    found: Handover | None = scope.get("extensions", {}).get(HANDOVER)
    return found
