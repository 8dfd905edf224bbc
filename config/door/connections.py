"""uvicorn's connection, with an end to everything that a client can put off."""

import asyncio
import fcntl
import re
import struct
import termios
from contextlib import suppress

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# How long the head of a request may take, and how many bytes and lines it may have (the trailer of a body with it).
HEAD_SECONDS, HEAD_BYTES, HEAD_LINES = 10, 65_536, 100
# How often a client that doesn't read is looked at.
LOOK_SECONDS = 1.0
UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class HeadTooLargeError(Exception):
    """Raised into the parser, which answers 400."""


class Connection(HttpToolsProtocol):
    """One connection, which is cut where a head isn't there in time, or nothing of an answer is taken for too long.

    That is when neither what we hold of the answer nor what the system holds has become less for
    UNREAD_ANSWER_SECONDS. A body that stands still is `config.door.bodies`' to refuse.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _unread_since = 0.0
    _untaken = 0
    _head_bytes = _head_lines = 0
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, without an offer to speak another protocol: the parser leaves the body of such a request out.

        (Java's client makes one in its first request.) The header is known by another name behind us.
        """
        if self._is_in_head and (b"pgrade:" in data or b"PGRADE:" in data):
            head, end, rest = data.partition(b"\r\n\r\n")
            data = UPGRADE.sub(b"\r\nx-upgrade:", head) + end + rest
        super().data_received(data)

    def _unsupported_upgrade_warning(self) -> None:
        """An offer in a form that was not recognized, or CONNECT: what follows can't be read, so none of it counts."""
        self.cycle.disconnected = True
        self.send_400_response("Bad request.")

    def on_message_complete(self) -> None:
        """The body is there; what comes next is a head."""
        self._is_in_head = True
        super().on_message_complete()

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        super().on_message_begin()
        self._head_bytes = self._head_lines = 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head, or of the trailer."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        if self._head_timer:
            self._head_timer.cancel()
        self._is_in_head = False
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """More is to be sent than the client takes for now."""
        super().pause_writing()
        self._watch_reader()

    def on_response_complete(self) -> None:
        """The answer is handed over, but perhaps not taken."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_reader()

    def timeout_keep_alive_handler(self) -> None:
        """No other request came; what isn't taken of the last answer has its own time."""
        super().timeout_keep_alive_handler()
        self._watch_reader()

    def _count(self, number: int) -> None:
        self._head_bytes += number
        self._head_lines += 1
        if self._head_bytes > HEAD_BYTES or self._head_lines > HEAD_LINES:
            raise HeadTooLargeError

    def _await_head(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _watch_reader(self) -> None:
        if self._unread_timer is None and self.transport.get_write_buffer_size():
            self._untaken, self._unread_since = self._left(), self.loop.time()
            self._unread_timer = self.loop.call_later(LOOK_SECONDS, self._look_at_reader)

    def _look_at_reader(self) -> None:
        self._unread_timer = None
        if not self.transport.get_write_buffer_size():
            return
        left, now = self._left(), self.loop.time()
        if left != self._untaken:
            self._untaken, self._unread_since = left, now
        elif now - self._unread_since > settings.UNREAD_ANSWER_SECONDS:
            self.transport.abort()
            return
        self._unread_timer = self.loop.call_later(LOOK_SECONDS, self._look_at_reader)

    def _left(self) -> int:
        """Bytes that the client has not taken: ours, and (where the system tells) the system's."""
        left: int = self.transport.get_write_buffer_size()
        with suppress(OSError):
            socket = self.transport.get_extra_info("socket")
            (of_system,) = struct.unpack("i", fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4)))
            left += of_system
        return left

    def _cancel(self) -> None:
        for timer in (self._head_timer, self._unread_timer):
            if timer:
                timer.cancel()
