"""Scenarios and how they are measured: each next to its reference, round after round.

An absolute number says more about the machine and its neighbours than about the code. A ratio of two runs that follow
each other within seconds says something, and the median of several says it reliably.
"""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench.load import Measurement, Target
from tests.bench.requests import Ids, Request, RunFailedError

CEILING = Request("/constant")
# Seconds; within it the slowest reference must have answered, and the server loaded what it keeps.
WARM_UP = 3


@dataclass(frozen=True)
class Scenario:
    """What is measured, against what, and what the ratio should be.

    `reference` is a request to the same server, or None for the ceiling; `goal` None where a ratio is only told.
    `ids` (of the reference: `reference_ids`, else the same) are those that `{id}` in a request may become, each once.
    `queries` is how many statements an answer takes (`statements_of`), None where that isn't told. `alone`: one request
    after the other inside this process, for requests that take seconds. `by_time`: the ratio is that of the medians of
    the answers' times, not that of the rates. `meanwhile` is entered while the request, not its reference, is measured.
    """

    name: str
    request: Request
    goal: float | None = None
    stretch: float | None = None
    reference: Request | None = None
    reference_name: str = "ceiling"
    ids: Ids = field(default_factory=lambda: Ids(0, 0))
    queries: int | None = None
    alone: bool = False
    reference_ids: Ids | None = None
    by_time: bool = False
    warm_up: float = WARM_UP
    meanwhile: Callable[[], AbstractContextManager[None]] = nullcontext

    def ratio(self, reference: Measurement, measured: Measurement) -> float:
        """How well it did beside its reference: more is better."""
        return reference.p50 / measured.p50 if self.by_time else measured.rate / reference.rate


@dataclass(frozen=True)
class Outcome:
    """A scenario's numbers: medians over all rounds."""

    scenario: Scenario
    measurement: Measurement
    reference_rate: float
    ratio: float
    ratios: tuple[float, ...]


@dataclass(frozen=True)
class Servers:
    """Where the product and the ceiling are served."""

    product: str
    ceiling: str

    def pair(self, scenario: Scenario) -> tuple[Target, Target]:
        """The reference and the scenario as targets."""
        ids = scenario.reference_ids or scenario.ids
        own = scenario.reference and Target(self.product, scenario.reference, ids)
        reference = own or Target(self.ceiling, CEILING)
        return reference, Target(self.product, scenario.request, scenario.ids)


def measure(
    scenarios: Iterable[Scenario], servers: Servers, *, rounds: int, seconds: float, tell: Callable[[str], None]
) -> list[Outcome]:
    """Warm up, then in every round run each scenario right after its reference."""
    chosen = list(scenarios)
    alone = [measure_alone(scenario, rounds) for scenario in chosen if scenario.alone]
    pairs = {scenario.name: (scenario, *servers.pair(scenario)) for scenario in chosen if not scenario.alone}
    for scenario, reference, target in pairs.values():
        reference.measure(scenario.warm_up)
        target.measure(scenario.warm_up)
    runs: dict[str, list[tuple[Measurement, Measurement]]] = {name: [] for name in pairs}
    for number in range(rounds):
        for name, (scenario, reference, target) in pairs.items():
            tell(f"round {number + 1} of {rounds}: {name}")
            referred = reference.measure(seconds)
            with scenario.meanwhile():
                runs[name].append((referred, target.measure(seconds)))
    return [_outcome(pairs[name][0], found) for name, found in runs.items()] + alone


def measure_alone(scenario: Scenario, rounds: int) -> Outcome:
    """In every round, the scenario's request right after its reference, without a server between."""
    assert scenario.reference
    pairs = [(scenario.reference, scenario.request)] * rounds
    return _outcome(scenario, [(_timed(reference), _timed(request)) for reference, request in pairs])


def _timed(request: Request) -> Measurement:
    began = time.perf_counter()
    answer_of(request)
    seconds = time.perf_counter() - began
    return Measurement(1 / seconds, seconds * 1000, seconds * 1000)


def _outcome(scenario: Scenario, runs: list[tuple[Measurement, Measurement]]) -> Outcome:
    ratios = tuple(scenario.ratio(reference, measured) for reference, measured in runs)
    measured = [each for _, each in runs]
    return Outcome(
        scenario,
        Measurement(
            median(each.rate for each in measured),
            median(each.p50 for each in measured),
            median(each.p99 for each in measured),
        ),
        median(reference.rate for reference, _ in runs),
        median(ratios),
        ratios,
    )


def statements_of(request: Request, identity: int = 0) -> int:
    """Count the statements of one answer, transaction statements included, once everything is prepared."""
    answer_of(request, identity)
    with CaptureQueriesContext(connection) as captured:
        answer_of(request, identity + 1)
    return len(captured)


def require_same_answers(one: Request, other: Request) -> None:
    """Fail where two requests don't get the very same answer: a comparison of different things proves nothing."""
    if json.loads(answer_of(one).content) != json.loads(answer_of(other).content):
        raise RunFailedError(f"{one.path} and {other.path} answer differently")


def answer_of(request: Request, identity: int = 0) -> Any:
    """The answer to a request inside this process; RunFailedError where it isn't a success."""
    response: Any = Client().generic(
        request.method,
        request.path.replace("{id}", str(identity)),
        request.body.replace("{id}", str(identity)),
        request.content_type,
        headers={"authorization": request.authorization},
    )
    if response.streaming:
        response = HttpResponse(b"".join(response), status=response.status_code)
    content = response.content
    if response.status_code != request.status or not content.startswith(request.good.encode()):
        raise RunFailedError(f"{request.method} {request.path}: {response.status_code} {content[:300]!r}")
    return response
