"""Servers on this machine that play the world: they keep what they get, and answer as they are told."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

# An answer that is none: the connection is closed, after the request was read.
DROP = 0
OK = "250 OK"


@dataclass
class Got:
    """One request as it came over the wire; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """Its body as JSON."""
        return orjson.loads(self.body)


@dataclass
class World:
    """`answers` are given one after the other (status, headers, body), then 200 and an empty object."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_answer(self, got: Got) -> tuple[int, dict[str, str], bytes]:
        """What a request is answered with."""
        with self.lock:
            self.got.append(got)
            return self.answers.pop(0) if self.answers else (200, {}, b"{}")

    def will(self, *statuses: int, body: bytes = b"{}", **headers: str) -> None:
        """Answer the next requests with these statuses."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers += [(status, named, body) for status in statuses]


class _Handler(BaseHTTPRequestHandler):
    """Keeps connections; subclasses name the world they belong to."""

    protocol_version = "HTTP/1.1"
    # Without it an answer of two parts waits for the other side's acknowledgement.
    disable_nagle_algorithm = True
    world: World

    def setup(self) -> None:
        """A connection comes in."""
        self.world.connections += 1
        super().setup()

    def handle_any(self) -> None:
        """Keep the request, and give the next answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answered, content = self.world.next_answer(Got(self.command, self.path, headers, body))
        if status == DROP:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {**answered, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = handle_any  # noqa: N815 (the library's names)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def http_world() -> Iterator[World]:
    """An HTTP server."""
    world = World()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"world": world}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    world.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _RawServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Over TLS, where there is a context."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up is no news."""


class _Raw(socketserver.StreamRequestHandler):
    """Reads a request's head, and then says the same to everybody, without an end where it drips."""

    said: bytes
    drips: bytes
    stopped: threading.Event
    hung_up: threading.Event

    def handle(self) -> None:
        """Say it, and go on until it is told to stop, or the other side hangs up."""
        while self.rfile.readline().strip():
            pass
        try:
            self.wfile.write(self.said)
            while self.drips and not self.stopped.wait(0.02):
                self.wfile.write(self.drips)
        except OSError:
            self.hung_up.set()


@dataclass
class Dripping:
    """A server whose answers never end; `hung_up` once somebody had enough."""

    port: int
    stopped: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def raw_world(said: bytes, drips: bytes = b"", context: ssl.SSLContext | None = None) -> Iterator[Dripping]:
    """A server that says the same to everybody, and then (`drips`) the same bytes again and again without an end."""
    world = Dripping(0)
    told = {"said": said, "drips": drips, "stopped": world.stopped, "hung_up": world.hung_up}
    with _serving(type("Handler", (_Raw,), told), world.stopped, context) as world.port:
        yield world


@contextmanager
def silent_mail_server(*, at: bytes) -> Iterator[int]:
    """An SMTP server, by its port, that takes everything and falls silent for good when it reads `at`."""
    stopped = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            """Agree to each line; what is between DATA and the dot is none."""
            self.wfile.write(b"220 here\r\n")
            is_mail = False
            for line in self.rfile:
                if line.startswith(at):
                    stopped.wait()
                    return
                if not is_mail or line == b".\r\n":
                    is_mail = line.startswith((b"data", b"DATA"))
                    self.wfile.write(b"354 go on\r\n" if is_mail else b"250 OK\r\n")

    with _serving(Handler, stopped) as port:
        yield port


@contextmanager
def _serving(handler: Any, stopped: threading.Event, context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = _RawServer(("127.0.0.1", 0), handler)
    server.context = context
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """What a mail server took, and the replies it will give to the next MAIL, RCPT and DATA commands first."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    replies_to_mail: list[str] = field(default_factory=list)
    replies_to_rcpt: list[str] = field(default_factory=list)
    replies_to_data: list[str] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, replies: list[str]) -> list[str]:  # noqa: N802 (the library's name)
        """Count connections."""
        self.connections += 1
        session.host_name = name
        return replies

    async def handle_MAIL(self, server: Any, _session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802 (the library's name)
        """Begin a mail, or give the next reply; `drop`: break the connection, as servers do that have enough of it."""
        reply = self.replies_to_mail.pop(0) if self.replies_to_mail else OK
        if reply == "drop":
            server.transport.abort()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802 (the library's name)
        """Take a recipient, or give the next reply."""
        reply = self.replies_to_rcpt.pop(0) if self.replies_to_rcpt else OK
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 (the library's name)
        """Take a message, or give the next reply; `drop`: take it and break the connection before saying so."""
        reply = self.replies_to_data.pop(0) if self.replies_to_data else OK
        if reply in {OK, "drop"}:
            self.taken.append(envelope)
        if reply == "drop":
            server.transport.abort()
        return reply


class _Controller(Controller):
    """Takes a port that is free."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_world() -> Iterator[Mailbox]:
    """An SMTP server."""
    mailbox = Mailbox()
    controller = _Controller(mailbox, hostname="127.0.0.1", port=0, ready_timeout=10)
    controller.start()
    try:
        mailbox.port = controller.port
        yield mailbox
    finally:
        controller.stop()
