"""Several threads that begin at the same moment, each with a database connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep
from typing import TypeVar

from django.db import connection, connections

Result = TypeVar("Result")
PATIENCE_SECONDS = 60


def together(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do all of them at once; returns their results in the order of `works`, and raises what any of them raised."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], Result]) -> Result:
        barrier.wait(PATIENCE_SECONDS)
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(PATIENCE_SECONDS) for future in [pool.submit(begin, work) for work in works]]


def wait_for_connections(number: int) -> None:
    """Poll until the server has so many connections to spare: those of the test before may still be closing."""
    deadline = monotonic() + PATIENCE_SECONDS
    while _spare_connections() < number:
        assert monotonic() < deadline, f"the server never had {number} connections to spare"
        sleep(0.05)


def _spare_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int - 10 - count(*) FROM pg_stat_activity")
        (spare,) = cursor.fetchone()
    return int(spare)
