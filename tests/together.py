"""Several threads that begin at the same moment, each with a database connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

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
