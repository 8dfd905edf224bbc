"""Load for a time, and what came of it; an answer that isn't a success makes the whole run worthless."""

import shutil
from dataclasses import dataclass, field

from tests.bench.python_load import python_load
from tests.bench.requests import Ids, Request, RunFailedError, Tally
from tests.bench.wrk import wrk_load


@dataclass(frozen=True)
class Measurement:
    """One run: requests per second, and the answer times in milliseconds that half and 99 % of them kept."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Target:
    """A request at a server (`base_url`)."""

    base_url: str
    request: Request
    ids: Ids = field(default_factory=lambda: Ids(0, 0))

    def measure(self, seconds: float) -> Measurement:
        """Run the load; RunFailedError where any answer was wrong or the ids didn't suffice."""
        load = wrk_load if tool() == "wrk" else python_load
        tally: Tally = load(self.base_url, self.request, self.ids, seconds, self.request.connections)
        self.ids.take(tally.ids_taken)
        if tally.wrong:
            raise RunFailedError(
                f"{self.request.method} {self.request.path}: {tally.wrong} of {tally.requests} answers were wrong, "
                f"such as: {tally.sample or 'the connection broke'}"
            )
        if tally.exhausted:
            raise RunFailedError(f"{self.request.path}: prepare more rows, the ids up to {self.ids.last} are used up")
        if not tally.requests:
            raise RunFailedError(f"{self.request.method} {self.request.path}: nothing was answered in {seconds} s")
        return Measurement(tally.requests / tally.seconds, tally.p50, tally.p99)


def tool() -> str:
    """What makes the load: wrk where it is installed, else threads of Python (slower, so their ratios are flatter)."""
    return "wrk" if shutil.which("wrk") else "python"
