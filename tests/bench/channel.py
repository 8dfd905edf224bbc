"""The trace dialect's decisions: what every page view of a site asks for."""

import json
from dataclasses import replace

from tests.bench.channel_data import FIRST_ID, VISITORS, ChannelData, make_channel_data, make_strangers
from tests.bench.harness import Scenario, statements_of
from tests.bench.requests import Ids, Request

EDN = "application/edn"
# What `scenarios` returns: known before any data is made.
NAMES = (
    "sync-page",
    "sync-page (naive)",
    "sync-page in EDN",
    "sync-page of 2 000 campaigns",
    "identifying sync-page",
    "active",
    "business-event",
)


def scenarios() -> list[Scenario]:
    """Make the data and describe what is measured."""
    data = make_channel_data("Bench channel", campaigns=200, series=8000)
    large = make_channel_data("Bench large channel", campaigns=2000, series=9000)
    json_page, edn_page = _page(data), _page_in_edn(data)
    active, event, naive = _active(data), _event(data), _naive(data)
    identifying = _identifying(data, make_strangers(data, series=8500))
    return [
        Scenario("sync-page", json_page, 0.10, 0.18, ids=_ids(), queries=_statements(json_page)),
        Scenario(
            "sync-page (naive)", json_page, 30, None, naive, "ORM and serializers", ids=_ids(), reference_ids=_ids()
        ),
        Scenario(
            "sync-page in EDN",
            edn_page,
            0.75,
            None,
            json_page,
            "JSON",
            ids=_ids(),
            queries=_statements(edn_page),
            reference_ids=_ids(),
        ),
        Scenario(
            "sync-page of 2 000 campaigns",
            _page(large),
            0.25,
            None,
            json_page,
            "200 campaigns",
            ids=_ids(),
            reference_ids=_ids(),
        ),
        Scenario(
            "identifying sync-page",
            identifying,
            0.25,
            None,
            json_page,
            "sync-page of a known visitor",
            # Two have identified where the statements are counted.
            ids=Ids(FIRST_ID + 2, FIRST_ID + VISITORS - 1),
            queries=_statements(identifying),
            reference_ids=_ids(),
        ),
        Scenario("active", active, 0.12, ids=_ids(), queries=_statements(active)),
        Scenario("business-event", event, 0.06, ids=_ids(), queries=_statements(event)),
    ]


def _ids() -> Ids:
    return Ids(FIRST_ID, FIRST_ID + VISITORS - 1)


def _statements(request: Request) -> int:
    return statements_of(request, FIRST_ID)


def _page(data: ChannelData) -> Request:
    return _page_with({"app-token": str(data.application.app_token), "trail-id": data.trail})


def _identifying(data: ChannelData, trail: str) -> Request:
    """Somebody whom nobody knew turns out to be a known visitor, each on another visit: two customers are merged."""
    token = str(data.application.app_token)
    return _page_with({"app-token": token, "trail-id": trail, "customer-id": "visitor-{id}"})


def _page_with(members: dict[str, str]) -> Request:
    body = members | {
        "sync-popups": "true",
        "page-location": "http://my.domain/page",
        "placeholders": [{"placeholder": "id-placeholder1"}, {"placeholder": "id-placeholder2"}],
    }
    return Request("/api/campaigns/sync-page", "POST", json.dumps(body), good='{"customer-id":"visitor-')


def _page_in_edn(data: ChannelData) -> Request:
    body = (
        f'{{:app-token "{data.application.app_token}" :trail-id "{data.trail}" :sync-popups true '
        ':page-location "http://my.domain/page" '
        ':placeholders [{:placeholder "id-placeholder1"} {:placeholder "id-placeholder2"}]}'
    )
    return Request("/api/campaigns/sync-page", "POST", body, good='{:customer-id "visitor-', content_type=EDN)


def _naive(data: ChannelData) -> Request:
    request = _page(data)
    return replace(request, path="/api/campaigns/naive/sync-page", connections=2)


def _active(data: ChannelData) -> Request:
    body = {"app-token": str(data.application.app_token), "trail-id": data.trail, "category": "Sales"}
    return Request("/api/campaigns/active", "POST", json.dumps(body), good='{"campaigns":[{')


def _event(data: ChannelData) -> Request:
    body = {
        "app-token": str(data.application.app_token),
        "event-name": data.event,
        "customer-id": "visitor-{id}",
        "context": {"amount": 12},
    }
    return Request("/api/campaigns/business-event", "POST", json.dumps(body), good='{"campaign":"Campaign', status=202)
