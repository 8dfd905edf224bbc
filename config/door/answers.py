"""What Django answered, on its way from a thread to the client."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# How many bytes of a streaming answer are produced at a time.
PART = 65_536
WITHOUT_BODY = frozenset({204, 304})
# Of the last answer of a connection.
CLOSE = (b"connection", b"close")


class Answer:
    """A complete answer, or a streaming one that is produced part by part."""

    __slots__ = ("_close", "body", "headers", "response", "status")

    def __init__(self, response: HttpResponseBase) -> None:
        self.status = response.status_code
        self._close = response.close
        self.headers: Headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()
        ]
        for cookie in response.cookies.values():
            self.headers.append((b"set-cookie", cookie.output(header="").strip().encode("latin-1")))
        self.response: StreamingHttpResponse | None = None
        self.body = b""
        if isinstance(response, HttpResponse):
            self.body = response.content
            self._tell_length()
        elif isinstance(response, StreamingHttpResponse):
            self.response = response
            if isinstance(response, FileResponse):
                response.block_size = PART

    def close(self) -> None:
        """Close the response, which also runs the work that was to be done after it."""
        self._close()

    def close_if_whole(self) -> None:
        """Close a complete answer, which has been passed on by now."""
        if self.response is None:
            self._close()

    def closing(self) -> "Answer":
        """The same answer, as the last of its connection."""
        self.headers.append(CLOSE)
        return self

    async def send(self, send: Send) -> None:
        """Send a complete answer."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    def parts(self) -> Iterator[bytes]:
        """The parts of a streaming answer; each `next` may be called in another thread."""
        gathered: list[bytes] = []
        size = 0
        assert self.response is not None
        for piece in self.response:
            gathered.append(piece)
            size += len(piece)
            if size >= PART:
                yield b"".join(gathered)
                gathered, size = [], 0
        if gathered:
            yield b"".join(gathered)

    def _tell_length(self) -> None:
        if self.status not in WITHOUT_BODY and not any(name == b"content-length" for name, _ in self.headers):
            self.headers.append((b"content-length", str(len(self.body)).encode()))
