"""The HTTP client of all channels: it retries temporary failures and reports lasting ones.

Too many requests (429), faults (5xx) and broken connections are tried again after a pause that doubles and is never
the same for two workers, as long as that fits into the one deadline of all attempts; the rest is a later delivery's.
Every request carries an `Idempotency-Key`, so that the other side can tell a second attempt. Redirects aren't followed
and no proxy or cookie is picked up from anywhere. The status decides: what is wrong with the body of an answer changes
nothing.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import orjson
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TooLateError

from campaigns.delivery.channels.failure_messages import describe_answer, describe_failure, host_and_port
from campaigns.delivery.channels.outgoing import pool_manager, seconds_left, within

FIRST_PAUSE_SECONDS = 0.5
# Who is asked to wait longer gives up for now: a worker's lease doesn't last for ever.
LONGEST_PAUSE_SECONDS = 20.0
CONNECT_TIMEOUT_SECONDS = 10
# What of `Retry-After` is believed.
LONGEST_WAIT_SECONDS = 3600.0
# A body may take as long as at this pace, beside the destination's own time for all the rest.
SLOWEST_BYTES_A_SECOND = 65_536
# What is read of an answer, and what is kept of its status line in an error's sentence.
MAXIMUM_ANSWER = 65_536
MAXIMUM_REASON = 80
USER_AGENT = "campaign-platform"
PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True)
class Body:
    """What is sent: `chunks` is called for each attempt."""

    length: int
    chunks: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, content: bytes) -> "Body":
        """A body that is held in memory."""
        return cls(len(content), lambda: iter([content]))


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is cut at MAXIMUM_ANSWER, and empty where it is broken or late."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> object:
        """The body as JSON, an empty object where it is none."""
        try:
            document: object = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return document

    @property
    def sentence(self) -> str:
        """The answer as an error's sentence: its status line alone, for operators are not to read what it guards."""
        return status_line(self.status, self.reason)


def status_line(status: int, reason: str | None) -> str:
    """What of an answer is told."""
    told = "".join(each for each in reason or "" if each.isprintable())[:MAXIMUM_REASON].strip()
    return f"HTTP {status} {told}".strip()


class RefusedError(Exception):
    """The other side refuses, for good."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.sentence)
        self.answer = answer


def asks_to_wait(seconds: float) -> str:
    """The end of a sentence that says why a delivery waits."""
    return f"; it asks to wait {seconds:.0f} s"


class UnreachableError(Exception):
    """All attempts failed. `is_uncertain`: one of them may have arrived all the same.

    `retry_after`: seconds that the other side asks to wait, LONGEST_WAIT_SECONDS at most.
    """

    def __init__(self, sentence: str, *, is_uncertain: bool, retry_after: float | None = None) -> None:
        super().__init__(sentence if retry_after is None else sentence + asks_to_wait(retry_after))
        self.is_uncertain = is_uncertain
        self.retry_after = retry_after


def is_passing(answer: Answer) -> bool:
    """Whether an answer is temporary."""
    return answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in PASSING


def read_body(response: BaseHTTPResponse) -> bytes:
    """The body as it came over the wire, cut at MAXIMUM_ANSWER; nothing where it is broken or doesn't end in time."""
    try:
        content = response.read(MAXIMUM_ANSWER + 1, decode_content=False)
    except HTTPError:
        response.close()
        return b""
    if len(content) > MAXIMUM_ANSWER:
        response.close()
    return content[:MAXIMUM_ANSWER]


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date; None where it asks for nothing sensible.

    `now` in epoch seconds; LONGEST_WAIT_SECONDS at most.
    """
    asked = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_WAIT_SECONDS)
    try:
        moment: datetime = parsedate_to_datetime(asked)
        wait = moment.timestamp() - now
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def is_late(error: Exception) -> bool:
    """Whether a deadline has passed, be it while a body was sent."""
    return isinstance(error, TooLateError) or any(isinstance(each, TimeoutError) for each in error.args)


@dataclass
class Exchange:
    """Sends requests to one destination; it may be shared by threads.

    `timeout` is the time in seconds for all attempts of a request and the pauses between them, from connecting to the
    last byte of the last answer, beside what the body takes at SLOWEST_BYTES_A_SECOND. `transient` tells the answers
    that may be another one later. `sleep`, `dice` and `clock` (epoch seconds) are arguments so that tests need no time.
    """

    timeout: float
    attempts: int = 5
    connections: int = 8
    transient: Callable[[Answer], bool] = is_passing
    sleep: Callable[[float], None] = time.sleep
    dice: Callable[[], float] = random.random
    clock: Callable[[], float] = time.time
    pool: PoolManager = field(init=False)

    def __post_init__(self) -> None:
        timeout = Timeout(connect=min(self.timeout, CONNECT_TIMEOUT_SECONDS), read=self.timeout)
        self.pool = pool_manager(maxsize=self.connections, block=True, timeout=timeout)

    def send(self, method: str, url: str, *, key: str, headers: Callable[[], Mapping[str, str]], body: Body) -> Answer:
        """The answer of a success; RefusedError or UnreachableError otherwise. `headers` is called for each attempt.

        Where a pause doesn't fit into what is left of the time, no further attempt is made.
        """
        with within(self.timeout + body.length / SLOWEST_BYTES_A_SECOND):
            return self._send(method, url, key, headers, body)

    def _send(self, method: str, url: str, key: str, headers: Callable[[], Mapping[str, str]], body: Body) -> Answer:
        is_uncertain = False
        for attempt in range(self.attempts):
            pause: float | None = None
            try:
                answer = self._attempt(method, url, {**headers(), "Idempotency-Key": key}, body)
            except HTTPError as error:
                # Who was never connected has not sent anything.
                is_uncertain = is_uncertain or not isinstance(error, NewConnectionError | ConnectTimeoutError)
                sentence = describe_failure(host_and_port(url), error, seconds=self.timeout)
                if is_late(error):
                    break
            else:
                if answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return answer
                if not self.transient(answer):
                    raise RefusedError(answer)
                is_uncertain = is_uncertain or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
                sentence, pause = describe_answer(answer.sentence), asked_wait(answer.headers, self.clock())
            rest = self._pause(attempt) if pause is None else pause
            if attempt + 1 == self.attempts or rest > LONGEST_PAUSE_SECONDS or rest >= seconds_left():
                break
            self.sleep(rest)
        raise UnreachableError(sentence, is_uncertain=is_uncertain, retry_after=pause)

    def _attempt(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> Answer:
        sent = {"User-Agent": USER_AGENT, "Content-Length": str(body.length), **headers}
        response = self.pool.request(
            method, url, headers=sent, body=body.chunks(), preload_content=False, redirect=False
        )
        content = read_body(response)
        response.release_conn()
        return Answer(response.status, response.reason or "", dict(response.headers), content)

    def _pause(self, attempt: int) -> float:
        """Seconds before the next attempt: twice as long each time, less up to half of it by chance."""
        longest = min(FIRST_PAUSE_SECONDS * 2.0**attempt, LONGEST_PAUSE_SECONDS)
        return longest * (0.5 + self.dice() / 2)
