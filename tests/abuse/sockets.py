"""Sockets in the hands of an attacker."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.abuse.server import Server

PATIENCE_SECONDS = 30.0
# What an attacker's system takes of an answer that the attacker doesn't read; the system makes some more of it.
RECEIVED = 4_096


def opened(server: Server, *, received: int = 0) -> socket.socket:
    """A connection, whose system takes only `received` bytes of what isn't read (0: as many as it likes)."""
    made = socket.socket()
    if received:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, received)
    made.settimeout(PATIENCE_SECONDS)
    made.connect(("127.0.0.1", server.port))
    return made


@contextmanager
def many(server: Server, number: int, sent: bytes, *, received: int = 0) -> Iterator[list[socket.socket]]:
    """So many connections that have sent the same and now do nothing."""
    made: list[socket.socket] = []
    try:
        for _ in range(number):
            made.append(opened(server, received=received))
            if sent:
                made[-1].sendall(sent)
        yield made
    finally:
        for each in made:
            each.close()


def head(method: str, path: str, **headers: object) -> bytes:
    """The head of a request; names of headers are written with underscores."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the other side ends the connection, however it does."""
    parts: list[bytes] = []
    with suppress(ConnectionResetError):
        while part := connection.recv(1 << 20):
            parts.append(part)
    return b"".join(parts)


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    """The status and the body of one answer that tells its length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    top, _, body = received.partition(b"\r\n\r\n")
    lines = top.decode().lower().split("\r\n")
    length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
    while len(body) < length:
        body += _more(connection)
    return int(lines[0].split()[1]), body


def is_ended(connection: socket.socket) -> bool:
    """Whether the other side has ended it; what it had sent before is thrown away."""
    connection.setblocking(False)
    try:
        while connection.recv(1 << 20):
            pass
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
    finally:
        connection.settimeout(PATIENCE_SECONDS)
    return True


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 16)
    assert received, "the connection ended in the middle of an answer"
    return received
