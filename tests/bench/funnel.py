"""advance-funnel: beginning, going on, and going on with data; each request is another visitor's and moves them."""

import json
from typing import Any

from tests.bench.funnel_data import FunnelData, make_funnel_data
from tests.bench.harness import Scenario, statements_of
from tests.bench.requests import Ids, Request

GOAL = 0.08
DETAILS = {"first_name": "Ana", "email": "ana@example.com", "income": 60_000}
# What `scenarios` returns: known before any data is made.
NAMES = (
    "advance-funnel: begin",
    "advance-funnel: next",
    "advance-funnel: capture",
)


def scenarios() -> list[Scenario]:
    """Make the data and describe what is measured."""
    data = make_funnel_data()
    return [
        _scenario("advance-funnel: begin", data, data.newcomers, "message"),
        _scenario("advance-funnel: next", data, data.readers, "data-capture", {"step-data": {}}),
        _scenario("advance-funnel: capture", data, data.writers, "data-capture", {"step-data": DETAILS}),
    ]


def _scenario(name: str, data: FunnelData, ids: Ids, answered: str, more: dict[str, Any] | None = None) -> Scenario:
    identity = "00000000-0000-4000-7000-{id}"
    body = {"trail-id": identity, "campaign-id": data.campaign_id, "tracking-token": identity, **(more or {})}
    good = f'{{"type":"{answered}"'
    request = Request("/api/campaigns/advance-funnel", "POST", json.dumps(body), good=good)
    queries = statements_of(request, ids.first)
    ids.take(2)
    return Scenario(name, request, GOAL, ids=ids, queries=queries)
