"""The management dialect: what a marketing engineer's scripts call all day."""

import json
from dataclasses import replace

from tests.bench.harness import Scenario, require_same_answers, statements_of
from tests.bench.management_data import ManagementData, make_management_data
from tests.bench.requests import Request, RunFailedError

CREATIVE = {
    "ad_type": "issue_audience_csv",
    "creative_type": "issue-audience-csv",
    "issue_audience_csv": {
        "delivery_method": "scheduled",
        "scheduled_delivery_date": "2020-08-15T01:21:48+00:00",
        "template_id": "my creative template",
    },
    "name": "Email File Export Test 1",
    "status": "draft",
}
# What `scenarios` returns: known before any data is made.
NAMES = (
    "GET /healthz",
    "one campaign",
    "100 of 500 campaigns",
    "create a creative",
    "navigation of 50 groups and 50 creatives",
    "navigation of 50 groups and 50 creatives (prefetched)",
)


def scenarios() -> list[Scenario]:
    """Make the data, check what must hold whatever the speed, and describe what is measured."""
    data = make_management_data()
    alive = Scenario("GET /healthz", Request("/healthz"), goal=0.60, queries=statements_of(Request("/healthz")))
    return [alive, _one_campaign(data), _campaigns(data), _new_creative(data), *_navigation(data)]


def _one_campaign(data: ManagementData) -> Scenario:
    request = _request(data, f"campaigns/{data.campaign_id}")
    return Scenario("one campaign", request, goal=0.15, stretch=0.30, queries=statements_of(request))


def _campaigns(data: ManagementData) -> Scenario:
    request = _request(data, "campaigns?limit=100")
    queries = _constant_statements(_request(data, "campaigns?limit=1"), request)
    return Scenario("100 of 500 campaigns", request, goal=0.06, queries=queries)


def _new_creative(data: ManagementData) -> Scenario:
    request = replace(
        _request(data, "creative_groups/{id}/creatives"), method="POST", body=json.dumps({"creative": CREATIVE})
    )
    ids = data.empty_groups
    queries = statements_of(request, ids.first)
    ids.take(2)
    return Scenario("create a creative", request, goal=0.05, stretch=0.10, ids=ids, queries=queries)


def _navigation(data: ManagementData) -> list[Scenario]:
    request = _request(data, f"campaigns/{data.large_tree_id}/navigation")
    naive = _request(data, f"naive/{data.large_tree_id}/navigation")
    require_same_answers(request, naive)
    queries = _constant_statements(_request(data, f"campaigns/{data.small_tree_id}/navigation"), request)
    name = "navigation of 50 groups and 50 creatives"
    return [
        Scenario(name, request, queries=queries),
        Scenario(f"{name} (prefetched)", request, 6, None, naive, "prefetch_related and serializers", queries=queries),
    ]


def _request(data: ManagementData, rest: str) -> Request:
    return Request(data.path(rest), authorization=data.authorization)


def _constant_statements(small: Request, large: Request) -> int:
    """The number of statements of an answer, which must not grow with what is in it."""
    few, many = statements_of(small), statements_of(large)
    if few != many:
        raise RunFailedError(f"{large.path} takes {many} statements, and {small.path} takes {few}")
    return many
