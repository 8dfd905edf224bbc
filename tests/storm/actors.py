"""What everybody in the storm is: a caller with a seed of their own, who does one thing after the other."""

import base64
import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.storm.wire import Answer, Book, Client
from tests.storm.world import KNOWN, World

MANAGEMENT = "/priv/v1/apps/{key}/management/"


@dataclass
class Receipts:
    """What the product said it has done. Lists only grow, and each dictionary's keys have one writer."""

    events: Counter[str] = field(default_factory=Counter)
    tokens: list[str] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    nicknames: dict[str, int] = field(default_factory=dict)
    limits: dict[int, str] = field(default_factory=dict)
    campaigns: dict[int, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    deleted: list[int] = field(default_factory=list)
    redeemed: list[int] = field(default_factory=list)
    creatives: dict[int, str] = field(default_factory=dict)
    identified: list[str] = field(default_factory=list)


class Actor:
    """Somebody who acts until the storm is over; subclasses say what they do in `act`."""

    pause = 0.0

    def __init__(self, number: int, base_url: str, world: World, book: Book, receipts: Receipts) -> None:
        self.number, self.world, self.book, self.receipts = number, world, book, receipts
        self.random = random.Random(f"{type(self).__name__} {number}")
        self.client = Client(base_url, book)

    def run(self, over: threading.Event) -> None:
        """Act again and again; an error of our own is a fault, too."""
        self.begin()
        while not over.is_set():
            try:
                self.act()
            except Exception as error:  # noqa: BLE001 - one answer that was not understood ends nobody
                self.book.fault(f"{type(self).__name__}: {error!r}")
            over.wait(self.pause * self.random.uniform(0.5, 1.5))

    def begin(self) -> None:
        """What is done once."""

    def act(self) -> None:
        """One thing after the other."""
        raise NotImplementedError

    def known(self) -> str:
        """Any known customer's id."""
        return f"known-{self.random.randrange(1, KNOWN + 1)}"

    def uuid(self) -> str:
        """An id that is the same in every run."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def trace(self, kind: str, path: str, body: dict[str, Any], *expect: int) -> Answer:
        """A call of the trace dialect, in JSON; that of a page where the body names no other app-token."""
        headers = {"Accept": "application/json"}
        return self.client.send(
            kind,
            "POST",
            f"/api/{path}",
            {"app-token": self.world.app_token, **body},
            expect=expect or (200,),
            headers=headers,
        )

    def manage(self, kind: str, method: str, path: str, body: object = None, *expect: int) -> Any:
        """A call of the management dialect; its body, whose `status` must be ok."""
        whole = path if path.startswith("/") else MANAGEMENT + path
        secret = base64.b64encode(f"{self.world.api_key}:{self.world.api_secret}".encode()).decode()
        answer = self.client.send(
            kind,
            method,
            whole.format(key=self.world.api_key),
            body,
            expect=expect or (200,),
            headers={"Authorization": f"Basic {secret}"},
        )
        if answer.status == 200 and answer.body["status"] != "ok":
            self.book.fault(f"{kind}: {method} {path} {str(body)[:200]} → {answer.text[:300]}")
        return answer.body if answer.status else {}


class Countdown:
    """Hands out things that each may be had once, whoever asks."""

    def __init__(self, things: tuple[str, ...]) -> None:
        self._things: Iterator[str] = iter(things)
        self._lock = threading.Lock()

    def next(self) -> str | None:
        """The next one; None where all are gone."""
        with self._lock:
            return next(self._things, None)


def until(deadline: float, condition: Any, pause: float = 0.2) -> bool:
    """Poll until the condition holds; False where it never did."""
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
