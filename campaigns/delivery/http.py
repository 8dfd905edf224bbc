"""One way to talk HTTP to the world: patient with what passes, plain about what doesn't.

Too many requests (429), faults (5xx), timeouts and broken connections are tried again after a pause that doubles and
is never the same for two workers. Every request carries an `Idempotency-Key`, so that the other side can tell a second
attempt. Redirects aren't followed and no proxy or cookie is picked up from anywhere.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

FIRST_PAUSE_SECONDS = 0.5
# Who is asked to wait longer gives up for now: a worker's lease doesn't last for ever.
LONGEST_PAUSE_SECONDS = 20.0
CONNECT_TIMEOUT_SECONDS = 10
# What is read of an answer, and what is kept of it in an error's sentence.
MAXIMUM_ANSWER = 65_536
MAXIMUM_EXCERPT = 200
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
    """What came back; `body` is cut at MAXIMUM_ANSWER."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> Any:
        """The body as JSON, an empty object where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}

    @property
    def sentence(self) -> str:
        """The answer as an error's sentence."""
        text = " ".join(self.body.decode(errors="replace").split())[:MAXIMUM_EXCERPT]
        return f"HTTP {self.status}{': ' if text else ''}{text}"


class RefusedError(Exception):
    """The other side says no, and will say it again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.sentence)
        self.answer = answer


class UnreachableError(Exception):
    """All attempts were in vain. `is_uncertain`: one of them may have arrived all the same."""

    def __init__(self, sentence: str, *, is_uncertain: bool, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.is_uncertain = is_uncertain
        self.retry_after = retry_after


def is_passing(answer: Answer) -> bool:
    """Whether an answer may be another one later."""
    return answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in PASSING


@dataclass
class Exchange:
    """Sends requests to one destination; it may be shared by threads.

    `transient` tells the answers that may be another one later. `sleep`, `dice` and `clock` (epoch seconds) are
    arguments so that tests need no time.
    """

    timeout: float
    attempts: int = 5
    connections: int = 8
    transient: Callable[[Answer], bool] = is_passing
    sleep: Callable[[float], None] = time.sleep
    dice: Callable[[], float] = random.random
    clock: Callable[[], float] = time.time
    pool: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self.pool = urllib3.PoolManager(
            maxsize=self.connections,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=min(self.timeout, CONNECT_TIMEOUT_SECONDS), read=self.timeout),
        )

    def send(self, method: str, url: str, *, key: str, headers: Callable[[], Mapping[str, str]], body: Body) -> Answer:
        """The answer of a success; RefusedError or UnreachableError otherwise. `headers` is called for each attempt."""
        is_uncertain = False
        for attempt in range(self.attempts):
            pause: float | None = None
            try:
                answer = self._attempt(method, url, {**headers(), "Idempotency-Key": key}, body)
            except HTTPError as error:
                # Who was never connected has not sent anything.
                is_uncertain = is_uncertain or not isinstance(error, NewConnectionError | ConnectTimeoutError)
                sentence = f"{type(error).__name__}: {error}"
            else:
                if answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return answer
                if not self.transient(answer):
                    raise RefusedError(answer)
                is_uncertain = is_uncertain or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
                sentence, pause = answer.sentence, self._asked_pause(answer)
            if attempt + 1 == self.attempts or (pause or 0) > LONGEST_PAUSE_SECONDS:
                break
            self.sleep(self._pause(attempt) if pause is None else pause)
        raise UnreachableError(sentence, is_uncertain=is_uncertain, retry_after=pause)

    def _attempt(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> Answer:
        sent = {"User-Agent": USER_AGENT, "Content-Length": str(body.length), **headers}
        response = self.pool.request(
            method, url, headers=sent, body=body.chunks(), preload_content=False, redirect=False
        )
        try:
            content = response.read(MAXIMUM_ANSWER + 1)
            if len(content) > MAXIMUM_ANSWER:
                response.close()
        finally:
            response.release_conn()
        return Answer(response.status, dict(response.headers), content[:MAXIMUM_ANSWER])

    def _pause(self, attempt: int) -> float:
        """Seconds before the next attempt: twice as long each time, less up to half of it by chance."""
        longest = min(FIRST_PAUSE_SECONDS * 2.0**attempt, LONGEST_PAUSE_SECONDS)
        return longest * (0.5 + self.dice() / 2)

    def _asked_pause(self, answer: Answer) -> float | None:
        """Seconds that `Retry-After` asks for, as a number or as a date; None where it asks for nothing sensible."""
        asked = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "")
        if asked.isascii() and asked.isdigit():
            return float(asked[:9])
        try:
            moment: datetime = parsedate_to_datetime(asked)
        except (TypeError, ValueError):
            return None
        wait: float = max(moment.timestamp() - self.clock(), 0.0)
        return wait
