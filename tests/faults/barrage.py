"""The long fault test itself: two deliveries, and a worker, a database and a broker under fire.

Each blow waits until the workers have got on since the one before it, and then for a random moment: none is idle.
"""

import os
import sys
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from campaigns.models import Delivery
from campaigns.models.delivery import TERMINAL_STATES, DeliveryState
from config.supervision import Signals
from customers.customers.generation import generate_customers
from tests.campaigns.delivery.scheduled import EMAIL, PUSH, make_delivery, make_scheduled
from tests.factories import make_organization, make_target
from tests.faults.accounts import wrong_with
from tests.faults.blows import Blows, empty_broker
from tests.faults.worker import Worker

SEED = 7
BEATS = int(os.environ.get("BEATS", "2"))
# The longest wait for a blow's moment, and how long the workers may take for the rest once the blows are over.
PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS", "5"))
PATIENCE_SECONDS = float(os.environ.get("PATIENCE_SECONDS", "1800"))
# How long each chunk takes at least.
CHUNK_SECONDS = float(os.environ.get("CHUNK_SECONDS", "0"))
SLOW_CHUNKS = f"""
CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep({CHUNK_SECONDS}); RETURN NEW; END';
CREATE TRIGGER slow_down BEFORE UPDATE OF done_at ON campaigns_audiencechunk FOR EACH ROW EXECUTE FUNCTION slow_down();
"""
# So that a blow mostly meets somebody who is handing over.
WORK = {"AUDIENCE_CHUNK": "5000", "PROVIDER_BATCH": "500", "PROVIDER_SECONDS": "0.2"}


class Barrage:
    """Customers, two scheduled messages for a quarter of them, and who works on them."""

    def __init__(self, folder: Path, signals: Signals, database: Path | None) -> None:
        """`database` is the folder of the embedded server, None where the server isn't ours."""
        self._folder, self._signals, self._database = folder, signals, database
        self._deliveries: dict[str, Delivery] = {}
        self._deaths = 0

    def run(self, customers: int, seconds: float, least: int) -> bool:
        """Strike for so long, and until each blow has struck building and delivering so often; whether all is whole."""
        self._prepare(customers)
        empty_broker(settings.REDIS_URL)
        work = {name: os.environ.get(name, value) for name, value in WORK.items()}
        worker = Worker(self._folder, redis_url=settings.REDIS_URL, beats=BEATS, **work)
        blows = Blows(worker, self._database, SEED)
        try:
            self._rage(worker, blows, time.monotonic() + seconds, least)
            self._get_on(worker, until_over=True)
        finally:
            worker.kill()
        return self._report(blows, least)

    def _prepare(self, customers: int) -> None:
        organization = make_organization()
        for made in generate_customers(organization=organization, number=customers):
            self._tell(f"{made:,} customers")
            if self._signals.wait(0):
                sys.exit("stopped by a signal")
        for name, message in (("known", EMAIL), ("blind", PUSH)):
            rows = make_scheduled(organization, **message)
            make_target(rows.bundle, attribute="state", operator="in", values=["CA"])
            self._deliveries[name] = make_delivery(rows)
        if CHUNK_SECONDS:
            with connection.cursor() as cursor:
                cursor.execute(SLOW_CHUNKS)

    def _rage(self, worker: Worker, blows: Blows, until: float, least: int) -> None:
        """Strike again and again; in the end only where a kind has not yet struck building, or delivering."""
        while time.monotonic() < until or not blows.are_enough(least):
            if not self._get_on(worker):
                return
            if time.monotonic() < until or not blows.are_enough(least, building=self._is_building):
                self._strike(blows)

    def _strike(self, blows: Blows) -> None:
        """Wait for a moment and strike."""
        if self._signals.wait(blows.pause(PAUSE_SECONDS)):
            return
        before, building = self._look(), self._is_building
        kind = blows.strike()
        connections.close_all()
        self._look()
        if not self._is_over:
            blows.count(kind, building=building)
            self._tell(f"{before}: {blows}")

    def _get_on(self, worker: Worker, *, until_over: bool = False) -> bool:
        """Wait until something has been done, or everything; start again who dies, as `serve` does."""
        before = self._look()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_over and time.monotonic() < deadline and not self._signals.wait(0.05):
            if worker.is_dead:
                self._deaths += 1
                worker.revive()
            if self._look() != before and not until_over:
                return not self._is_over
        return False

    def _look(self) -> list[tuple[str, int, int, int]]:
        """How far each delivery is."""
        for delivery in self._deliveries.values():
            delivery.refresh_from_db()
        return [
            (delivery.state, delivery.chunks_done, delivery.sent, delivery.ambiguous)
            for delivery in self._deliveries.values()
        ]

    @property
    def _is_building(self) -> bool:
        return any(
            delivery.state in {DeliveryState.SCHEDULED, DeliveryState.BUILDING}
            for delivery in self._deliveries.values()
        )

    @property
    def _is_over(self) -> bool:
        return all(delivery.state in TERMINAL_STATES for delivery in self._deliveries.values())

    def _report(self, blows: Blows, least: int) -> bool:
        if self._signals.stop_requested:
            self._tell(f"{blows}; stopped by a signal")
            return False
        wrong = [] if blows.are_enough(least) else ["the work was done before every kind of blow had struck"]
        wrong += [
            sentence
            for name, delivery in self._deliveries.items()
            for sentence in wrong_with(delivery, name, self._folder)
        ]
        if wrong:
            self._tell(f"The worker's own words: {self._folder / 'worker.log'}")
        outcome = "; ".join(wrong) or "nothing lost, nothing twice"
        self._tell(f"{blows}; deaths that nobody wanted: {self._deaths}; {outcome}")
        return not wrong

    def _tell(self, step: str) -> None:
        sys.stderr.write(f"{step}\n")
