"""Outgoing sockets with deadlines that connect to no private network.

The other end is not trusted. So a deadline is for a whole exchange (`within`): a server that sends a byte every few
seconds never exceeds a time-out for each read. And addresses are checked when they are connected to, because a name may
resolve to another address a moment later.
"""

import functools
import ipaddress
import math
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

TOO_LONG = "The other side took longer than its destination allows."
TOO_MUCH = "The other side says more than anybody waits for."
# Public by their numbers, and yet served by the network that a machine stands in.
METADATA = frozenset({"168.63.129.16", "192.0.0.192"})
# Which Python takes for everybody's: site-local, of protocols, of a relay that is no more, of documentation.
NOBODYS = tuple(map(ipaddress.ip_network, ("fec0::/10", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# No expected answer is longer; it ends lines without an end.
MOST_RECEIVED = 16 * 1024 * 1024


@dataclass
class _Exchange:
    """When it ends, by the clock of `time.monotonic`, and how many bytes were received."""

    ends_at: float
    received: int = 0


_current: ContextVar[_Exchange | None] = ContextVar("exchange", default=None)


class ForbiddenAddressError(OSError):
    """The address is of this machine or of its network."""


class DeadlineError(TimeoutError):
    """The deadline of the whole exchange has passed."""


class TooMuchSaidError(ConnectionAbortedError):
    """The other side sends without an end."""


def seconds_left() -> float:
    """The seconds that are left of this thread's exchange; infinity outside of one."""
    exchange = _current.get()
    return math.inf if exchange is None else exchange.ends_at - time.monotonic()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """A deadline for everything that this thread does in the block with these sockets; TimeoutError after it.

    A nested block ends with the outer one at the latest.
    """
    token = _current.set(_Exchange(time.monotonic() + min(seconds, seconds_left())))
    try:
        yield
    finally:
        _current.reset(token)


def is_private(address: str) -> bool:
    """Whether an address (numbers, as the system has them) is one that not the whole world shares."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        found = inner or found
    if not found.is_global or found.is_multicast or found.is_reserved or str(found) in METADATA:
        return True
    return any(found in network for network in NOBODYS if network.version == found.version)


def connect(host: str, port: int, timeout: float | None, *, is_trusted: bool = False) -> "OutgoingSocket":
    """A socket to the first address of a host that answers, TCP; OSError, of which ForbiddenAddressError is one.

    `timeout` in seconds is for each address. `is_trusted` where the address is a setting of this installation.
    """
    trouble: OSError = socket.gaierror(socket.EAI_NONAME, f"There is no {host}.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise trouble from error
    for family, kind, protocol, _, address in found:
        made = OutgoingSocket(family, kind, protocol)
        try:
            _require_public(str(address[0]), is_trusted=is_trusted)
            made.settimeout(timeout)
            made.connect(address)
        except OSError as error:
            made.close()
            trouble = error
        else:
            return made
    raise trouble


def _require_public(address: str, *, is_trusted: bool) -> None:
    if not is_trusted and not settings.ALLOW_PRIVATE_DESTINATIONS and is_private(address):
        raise ForbiddenAddressError(f"{address} is a private address; destinations must be public ones.")


class _Hurried:
    """A socket whose waits end with the deadline of the current thread, if there is one."""

    _patience: float | None = None

    def settimeout(self, value: float | None) -> None:
        """What a library asks for is kept where the deadline is later."""
        self._patience = value
        super().settimeout(value)  # type: ignore[misc]  # of the socket that this is mixed into

    def _hurry(self) -> None:
        left, patience = seconds_left(), self._patience
        if left <= 0:
            raise DeadlineError(TOO_LONG)
        if left < math.inf:
            patience = left if patience is None else min(left, patience)
        super().settimeout(patience)  # type: ignore[misc]  # of the socket that this is mixed into

    def connect(self, address: Any) -> None:
        """Connect in time."""
        self._hurry()
        super().connect(address)  # type: ignore[misc]  # of the socket that this is mixed into

    def recv(self, *arguments: Any) -> bytes:
        """Receive in time."""
        self._hurry()
        received: bytes = super().recv(*arguments)  # type: ignore[misc]  # of the socket that this is mixed into
        return received

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """Receive in time; what a file over the socket reads by."""
        self._hurry()
        received: int = super().recv_into(*arguments, **options)  # type: ignore[misc]  # of the socket that this is mixed into
        exchange = _current.get()
        if exchange is not None:
            exchange.received += received
            if exchange.received > MOST_RECEIVED:
                raise TooMuchSaidError(TOO_MUCH)
        return received

    def send(self, *arguments: Any) -> int:
        """Send in time."""
        self._hurry()
        sent: int = super().send(*arguments)  # type: ignore[misc]  # of the socket that this is mixed into
        return sent

    def sendall(self, *arguments: Any) -> None:
        """Send all of it in time."""
        self._hurry()
        super().sendall(*arguments)  # type: ignore[misc]  # of the socket that this is mixed into


class OutgoingSocket(_Hurried, socket.socket):
    """Plain TCP."""


class OutgoingTLS(_Hurried, ssl.SSLSocket):
    """TLS over it: the handshake, and each record, is a wait of its own."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 (the library's signature)
        """Shake hands in time."""
        self._hurry()
        super().do_handshake(block)


def secured(context: ssl.SSLContext) -> ssl.SSLContext:
    """The context, changed so that its sockets keep to deadlines."""
    context.sslsocket_class = OutgoingTLS
    return context


@functools.cache
def _tls() -> ssl.SSLContext:
    """The default context, created once: loading the certificate authorities takes as long as a whole exchange."""
    return secured(ssl.create_default_context())


class Guarded:
    """Mixed into a connection class derived from urllib3's (botocore's too), so that it uses an OutgoingSocket."""

    def _new_conn(self) -> OutgoingSocket:
        connection: Any = self
        try:
            made = connect(connection.host, connection.port, connection.timeout)
        except socket.gaierror as error:
            raise NameResolutionError(connection.host, connection, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, TOO_LONG) from error
        except OSError as error:
            raise NewConnectionError(connection, str(error)) from error
        for option in connection.socket_options or ():
            made.setsockopt(*option)
        return made


class _Connection(Guarded, HTTPConnection):
    pass


class _TLSConnection(Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


def pool_manager(*, context: ssl.SSLContext | None = None, **options: Any) -> PoolManager:
    """urllib3's pools over sockets of ours, without attempts of its own; no proxy or cookie comes from anywhere."""
    manager = PoolManager(retries=False, ssl_context=context or _tls(), **options)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
    return manager
