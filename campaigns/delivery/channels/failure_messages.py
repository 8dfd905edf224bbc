"""Sentences for operators about failures of other servers.

Libraries wrap each other's errors, with names of objects and numbers. Every sentence that a delivery, a recipient or
*Test* shows about a server is made here.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException
from urllib.parse import urlsplit

from requests.exceptions import Timeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProtocolError
from urllib3.exceptions import SSLError as TLSError
from urllib3.exceptions import TimeoutError as TooLateError

from campaigns.delivery.channels.outgoing import DeadlineError, ForbiddenAddressError, TooMuchSaidError

LONGEST_SENTENCE = 300
PORTS = {"https": 443, "http": 80}
Is = type[BaseException] | tuple[type[BaseException], ...]
# The first that fits an error, or what it was made of. `{host}`, `{where}` (with the port), `{seconds}` and `{said}`.
# That nothing was connected is, for urllib3, a deadline that passed: it comes before those.
WORDS: tuple[tuple[Is, str], ...] = (
    ((ForbiddenAddressError, TooMuchSaidError), "{said}"),
    (socket.gaierror, "the name {host} is unknown"),
    (ConnectionRefusedError, "{where} refuses connections"),
    (ssl.SSLCertVerificationError, "the certificate of {where} isn't trusted"),
    ((ssl.SSLError, TLSError), "{where} doesn't speak TLS as it should"),
    (DeadlineError, "no answer from {where} within {seconds:g} s"),
    (NewConnectionError, "no way leads to {where}"),
    (ConnectTimeoutError, "no connection to {where} in time"),
    ((TimeoutError, Timeout, TooLateError), "no answer from {where} within {seconds:g} s"),
    (ConnectionError, "{where} closed the connection"),
    (HTTPException, "{where} doesn't speak HTTP as it should"),
    ((ProtocolError, smtplib.SMTPServerDisconnected), "{where} closed the connection"),
)


def describe_failure(where: str, error: BaseException, *, seconds: float) -> str:
    """What an error means for the server at `where` (`host:port`), which had `seconds` for an answer."""
    told = list(_told_by(error))
    fitting = ((words, each) for kind, words in WORDS for each in told if isinstance(each, kind))
    words, said = next(fitting, ("{where}: {said}", error))
    values = {"host": where.rpartition(":")[0] or where, "where": where, "seconds": seconds, "said": one_line(said)}
    return words.format(**values)[:LONGEST_SENTENCE]


def host_and_port(url: str) -> str:
    """The host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 0)}"


def describe_answer(said: str) -> str:
    """The server answered, and refused or postponed the request."""
    return f"it answered {said}"


def describe_unavailable(who: str, trouble: str) -> str:
    """Why a whole delivery is postponed."""
    return f"{who} takes nothing now: {trouble}" if trouble else f"{who} takes nothing now."


def describe_unrenderable(error: Exception) -> str:
    """A recipient's values can't be rendered."""
    return f"The message can't be made: {one_line(error)}"[:LONGEST_SENTENCE]


def describe_internal_error(error: Exception) -> str:
    """An error of this platform; the log has the details."""
    return f"An error of the platform's own ({type(error).__name__}): {one_line(error)}"


def one_line(error: BaseException) -> str:
    """An error's text in one line, without error numbers."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.split()) or type(error).__name__


def _told_by(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it wraps."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = [*each.args, each.__cause__, getattr(each, "reason", None), getattr(each, "kwargs", {}).get("error")]
        if each.__cause__ is None and not each.__suppress_context__:
            inner.append(each.__context__)
        waiting += [found for found in inner if isinstance(found, BaseException)]
