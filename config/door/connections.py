"""uvicorn's connection with a timeout for everything a client can delay and a bound for everything it can send."""

import asyncio
import fcntl
import re
import struct
import termios
from contextlib import suppress

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from config.door.handover import HANDOVER, Handover
from config.headers import ALWAYS

# How many bytes and lines the head of a request may have, the trailer of a body with it.
HEAD_BYTES, HEAD_LINES = 65_536, 100
# How many bytes of a request may lie outside its body (besides some for each chunk): unfinished lines of the head and
# extensions behind the size of a chunk, which the parser doesn't report.
FRAMING_BYTES, CHUNK_BYTES = 131_072, 16
# How many pipelined requests of a connection may wait; browsers and libraries don't pipeline.
MOST_UNANSWERED = 32
# How often a client that doesn't read is checked.
LOOK_SECONDS = 1.0
UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
UNREADABLE = b"Bad request."
UNREADABLE_HEADERS = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": str(len(UNREADABLE)),
    "Connection": "close",
    **ALWAYS,
}
UNREADABLE_HEAD = "".join(f"{name.lower()}: {value}\r\n" for name, value in UNREADABLE_HEADERS.items()).encode()


class TooMuchError(Exception):
    """Raised into the parser, which answers 400."""


class Connection(HttpToolsProtocol):
    """One connection, which is closed if a head takes too long, or if the client stops reading its answer.

    A head may take STALLED_BODY_SECONDS. A client has stopped reading if neither our buffer nor the kernel's has shrunk
    for UNREAD_ANSWER_SECONDS. `config.door.bodies` refuses stalled bodies.
    """

    # The deadline of the head; 0 if none is awaited. One timer serves many heads: it compares the time with this.
    _head_deadline = 0.0
    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _unread_since = 0.0
    _untaken = 0
    _is_in_head = True
    # Of the request being received: bytes outside its body, as far as whole reads tell, and chunks.
    _framing = _chunks = 0
    # Bytes of the last read.
    _read = 0
    # Requests without a complete answer; uvicorn itself only knows the last one.
    _unanswered: tuple[RequestResponseCycle, ...] = ()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn only makes it for streams
        """Wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers; answers that are still being produced are not written any more."""
        self._cancel()
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, with the header Upgrade renamed: the parser would not read the body of such a request.

        (Java's client offers an upgrade in its first request.)
        """
        if self._is_in_head and (b"pgrade:" in data or b"PGRADE:" in data):
            head, end, rest = data.partition(b"\r\n\r\n")
            data = UPGRADE.sub(b"\r\nx-upgrade:", head) + end + rest
        self._read = len(data)
        self._framing += self._read
        super().data_received(data)
        if self._is_in_head and not self._head_deadline and self._is_answered():
            # An empty line starts no request, but uvicorn has stopped its timer.
            self._await_head()
        too_many = len(self.headers or ()) > HEAD_LINES or self._framing > FRAMING_BYTES + CHUNK_BYTES * self._chunks
        if too_many and not self.transport.is_closing():
            self.send_400_response("Too much.")

    def send_400_response(self, _msg: str) -> None:
        """Answer an unreadable request and close the connection; complete requests before it are answered first.

        If an answer has already started, only the connection is closed.
        """
        asked = [each for each in self._unanswered if not each.response_complete]
        if whole := [each for each in asked if not each.more_body]:
            whole[-1].keep_alive = False
            self.flow.pause_reading()
            return
        self._leave()
        if not any(each.response_started for each in asked):
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + UNREADABLE_HEAD + b"\r\n" + UNREADABLE)
        self.transport.close()
        self._watch_reader()

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade that was not recognized, or CONNECT: what follows can't be read, so refuse it."""
        self.send_400_response("Unknown protocol.")

    def on_chunk_header(self) -> None:
        """Count a chunk."""
        self._chunks += 1

    def on_body(self, body: bytes) -> None:
        """Receive a part of the body."""
        self._framing = max(0, self._framing - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is complete; a head comes next."""
        self._is_in_head = True
        self._head_deadline = 0.0
        if not self.parser.should_keep_alive():
            # A trailer may say so.
            self.cycle.keep_alive = False
        super().on_message_complete()

    def on_message_begin(self) -> None:
        """A head starts."""
        super().on_message_begin()
        self._framing = self._chunks = 0
        self._await_head()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._head_deadline = 0.0
        self._is_in_head = False
        may_be_long = self._framing + self._read > HEAD_BYTES
        if len(self.headers) > HEAD_LINES or (may_be_long and self._head_bytes() > HEAD_BYTES):
            raise TooMuchError
        # A copy, because the parser appends trailers to its own list.
        self.scope["headers"] = list(self.headers)
        super().on_headers_complete()
        self.scope["extensions"] = {HANDOVER: Handover(self.cycle)}  # type: ignore[dict-item]  # not one of ASGI's own
        self._unanswered = (*[each for each in self._unanswered if not each.response_complete], self.cycle)
        if len(self._unanswered) > MOST_UNANSWERED:
            raise TooMuchError

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._watch_reader()

    def on_response_complete(self) -> None:
        """The answer is written, but perhaps not read yet."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_reader()
        elif self._is_answered() and not self._is_in_head:
            # The rest of a body that was not read.
            self._await_head()

    def timeout_keep_alive_handler(self) -> None:
        """No further request came; an unread answer has a timeout of its own."""
        super().timeout_keep_alive_handler()
        self._watch_reader()

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _is_answered(self) -> bool:
        return not self.cycle or self.cycle.response_complete

    def _leave(self) -> None:
        """Mark the requests as disconnected: nobody reads their answers."""
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()

    def _await_head(self) -> None:
        self._head_deadline = self.loop.time() + settings.STALLED_BODY_SECONDS
        if self._head_timer is None:
            self._head_timer = self.loop.call_at(self._head_deadline, self._look_at_head)

    def _look_at_head(self) -> None:
        self._head_timer = None
        if self._head_deadline > self.loop.time():
            self._head_timer = self.loop.call_at(self._head_deadline, self._look_at_head)
        elif self._head_deadline:
            self.transport.abort()

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
        """Bytes that the client has not read: in our buffer and, if known, in the kernel's."""
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
