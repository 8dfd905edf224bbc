"""A client that keeps its connection, and the book in which all clients write what they were answered."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

PATIENCE_SECONDS = 60.0
MOST_FAULTS = 40
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `text` is its body."""

    status: int
    text: str
    headers: Any

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


@dataclass
class Book:
    """What was answered, by the kind of request, and what should not have been."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, seconds: float) -> None:
        """One answer."""
        with self.lock:
            self.statuses[kind, status] += 1
            self.times[kind].append(seconds)

    def fault(self, sentence: str) -> None:
        """Something that should not be; the first ones are told."""
        with self.lock:
            self.fault_count += 1
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(sentence[:500])

    def table(self) -> Iterable[str]:
        """A line for each kind: how many, p50 and p99 in milliseconds, and the statuses."""
        for kind, times in sorted(self.times.items()):
            ordered = sorted(times)
            p50, p99 = (ordered[int((len(ordered) - 1) * share)] * 1000 for share in (0.5, 0.99))
            several = {status: number for (name, status), number in self.statuses.items() if name == kind}
            yield f"{kind:24} {len(times):7}  p50 {p50:6.0f} ms  p99 {p99:7.0f} ms  {several}"


class Client:
    """One caller: requests go one after the other over one connection."""

    def __init__(self, base_url: str, book: Book) -> None:
        self.base_url, self.book = base_url, book
        self.pool = urllib3.PoolManager(1, retries=False, timeout=PATIENCE_SECONDS)

    def send(
        self,
        kind: str,
        method: str,
        path: str,
        body: object = None,
        *,
        expect: tuple[int, ...] = (200,),
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """A request; a dictionary goes as JSON, or as a form where the headers say so.

        Any other status than those of `expect` is a fault, and so is no answer at all (status 0).
        """
        given = {"Content-Type": "application/json", **(headers or {})}
        is_form = given["Content-Type"] == FORM
        raw = None if body is None else (urlencode(body, doseq=True) if is_form else json.dumps(body))  # type: ignore[arg-type]
        began = time.monotonic()
        try:
            response = self.pool.request(method, self.base_url + path, body=raw, headers=given, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            answer = Answer(0, repr(error), {})
        else:
            answer = Answer(response.status, response.data.decode(errors="replace"), response.headers)
        self.book.note(kind, answer.status, time.monotonic() - began)
        if answer.status not in expect:
            self.book.fault(f"{kind}: {method} {path} {str(raw)[:200]} → {answer.status} {answer.text[:200]}")
        return answer
