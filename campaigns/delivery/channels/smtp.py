"""Mail servers: connections that keep to a deadline, reach no private network, and know what they have handed over."""

import smtplib
import socket
import ssl
from functools import cached_property, partial
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from campaigns.delivery.channels.outgoing import connect, secured

Reply = tuple[int, bytes]
# "Start mail input": what is sent from here on may be a mail that is taken.
START = 354


class _Session:
    """`has_begun`: the server was given something of the current mail that it may have taken for the whole."""

    has_begun = False

    def __init__(self, *arguments: Any, is_trusted: bool, **options: Any) -> None:
        self.is_trusted = is_trusted
        super().__init__(*arguments, **options)

    def mail(self, *arguments: Any, **options: Any) -> Reply:
        """A mail begins, and nothing of it is there yet."""
        self.has_begun = False
        reply: Reply = super().mail(*arguments, **options)  # type: ignore[misc]  # of the connection that this is mixed into
        return reply

    def getreply(self) -> Reply:
        """What the server says."""
        code, text = super().getreply()  # type: ignore[misc]  # of the connection that this is mixed into
        self.has_begun = self.has_begun or code == START
        return code, text


class _PlainSession(_Session, smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout, is_trusted=self.is_trusted)


class _TLSSession(_Session, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = connect(host, port, timeout, is_trusted=self.is_trusted)
        return self.context.wrap_socket(plain, server_hostname=host)


class MailServer(EmailBackend):
    """Django's connection to a mail server; `is_trusted` where its address is a setting of this installation."""

    def __init__(self, *arguments: Any, is_trusted: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.is_trusted = is_trusted

    @property
    def connection_class(self) -> Any:
        """What a connection is made by."""
        return partial(_TLSSession if self.use_ssl else _PlainSession, is_trusted=self.is_trusted)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """TLS over sockets of ours."""
        return secured(super().ssl_context)


def is_certainly_unsent(backend: object) -> bool:
    """Whether a connection that broke had not yet been given the mail it was asked to send."""
    session = getattr(backend, "connection", None)
    return isinstance(session, _Session) and not session.has_begun
