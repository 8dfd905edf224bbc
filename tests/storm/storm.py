"""The storm itself: the product is started as `manage.py serve` starts it, everybody acts, and the account is taken."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import urllib3
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from tests.campaigns.delivery.servers import http_world
from tests.storm.account import ServerLog, deadlocks, unfinished, wrong_with
from tests.storm.actors import Actor, Countdown, Receipts, until
from tests.storm.senders import Buyer, EventSender, Importer, Redeemer
from tests.storm.staff import Editor, Operator, Sender
from tests.storm.visitors import Browser, Stranger, Visitor
from tests.storm.wire import Book
from tests.storm.world import World, make_world

ROOT = Path(__file__).resolve().parents[2]
# Anonymous visitors who are there to log in: more than can in a second.
STRANGERS_A_SECOND = 60
CAST: tuple[tuple[type[Actor], int], ...] = (
    (Visitor, 4),
    (Browser, 1),
    (EventSender, 1),
    (Importer, 2),
    (Redeemer, 1),
    (Buyer, 2),
    (Editor, 2),
    (Sender, 1),
    (Operator, 2),
)
STRANGERS = 2
START_SECONDS, SETTLE_SECONDS, STOP_SECONDS = 120.0, 180.0, 30.0


class Storm:
    """One run; `log` is PostgreSQL's own, None where `unread` says why it can't be read."""

    def __init__(self, folder: Path, log: Path | None, unread: str, port: int) -> None:
        self.folder, self.log = folder, ServerLog(log, unread)
        self.base_url = f"http://127.0.0.1:{port}"
        self.port = port
        self.book, self.receipts = Book(), Receipts()

    def run(self, seconds: float) -> bool:
        """Rage for so long; whether everything is as it should be afterwards."""
        with http_world() as receiver:
            world = make_world(strangers=int(STRANGERS_A_SECOND * seconds), receiver=receiver.url + "/")
            connections.close_all()
            with self._served():
                began = time.monotonic()
                self._rage(world, seconds)
                raged = time.monotonic() - began
                settled = until(time.monotonic() + SETTLE_SECONDS, lambda: not unfinished())
            received = Counter(str(got.document["recipient"]["key"]) for got in receiver.got)
        wrong = list(self._wrong(world, received, settled=settled))
        self._report(raged, received, wrong)
        return not wrong

    def _rage(self, world: World, seconds: float) -> None:
        given = (self.base_url, world, self.book, self.receipts)
        waiting = Countdown(world.trails)
        cast = [kind(number, *given) for kind, several in CAST for number in range(several)]
        cast += [Stranger(number, *given, waiting=waiting) for number in range(STRANGERS)]
        over = threading.Event()
        threads = [threading.Thread(target=actor.run, args=[over]) for actor in cast]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        over.set()
        for thread in threads:
            thread.join()

    def _wrong(self, world: World, received: Counter[str], *, settled: bool) -> Iterator[str]:
        if not settled:
            yield f"{unfinished()} deliveries and messages were not done after {SETTLE_SECONDS:.0f} s"
        if self.book.fault_count:
            yield f"{self.book.fault_count} answers that should not be:"
            yield from self.book.faults
        if found := deadlocks():
            yield f"PostgreSQL counted {found} deadlocks"
        yield from self.log.errors(str(connection.settings_dict["NAME"]))
        yield from wrong_with(world, self.receipts, received)
        try:
            call_command("verify")
        except CommandError as error:
            yield f"verify: {error}"

    def _report(self, seconds: float, received: Counter[str], wrong: Sequence[str]) -> None:
        for line in self.book.table():
            sys.stdout.write(f"{line}\n")
        requests = sum(self.book.statuses.values())
        identified, deliveries = len(self.receipts.identified), len(self.receipts.creatives)
        sys.stdout.write(
            f"{requests} requests in {seconds:.0f} s ({requests / seconds:.0f} a second), {identified} identified, "
            f"{deliveries} deliveries, {len(received)} messages received, {len(self.receipts.events)} events\n"
        )
        for line in wrong:
            sys.stdout.write(f"WRONG: {line}\n")
        if self.log.unread:
            sys.stdout.write(f"PostgreSQL's log was not read, so nothing is known of its errors: {self.log.unread}\n")
        sys.stdout.write("the storm found nothing\n" if not wrong else f"the storm found {len(wrong)} things\n")
        sys.stdout.flush()

    @contextmanager
    def _served(self) -> Iterator[None]:
        """`manage.py serve` in this environment, until the end of the block."""
        variables: dict[str, Any] = {"HOST": "127.0.0.1", "PORT": str(self.port), "BASE_URL": self.base_url}
        bounds = ("REQUESTS_PER_MINUTE", "NEW_VISITORS_PER_MINUTE", "CHARGED_IMPRESSIONS_PER_MINUTE")
        variables |= {**dict.fromkeys(bounds, "0"), "REDIS_URL": settings.REDIS_URL or ""}
        variables["ALLOW_PRIVATE_DESTINATIONS"] = "1"
        with (self.folder / "serve.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"], cwd=ROOT, env=os.environ | variables, stdout=log, stderr=log
            )
        try:
            pool = urllib3.PoolManager(retries=False, timeout=2.0)
            if not until(time.monotonic() + START_SECONDS, lambda: self._answers(pool, process)):
                raise RuntimeError(f"the product did not start: {(self.folder / 'serve.log').read_text()[-2000:]}")
            yield
        finally:
            _stop(process)

    def _answers(self, pool: urllib3.PoolManager, process: "subprocess.Popen[bytes]") -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"the product ended: {(self.folder / 'serve.log').read_text()[-2000:]}")
        try:
            return pool.request("GET", f"{self.base_url}/readyz").status == 200
        except urllib3.exceptions.HTTPError:
            return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End it as Ctrl-C does; kill it and its children where that takes too long."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for child in [*psutil.Process(process.pid).children(recursive=True), process]:
            child.kill()
