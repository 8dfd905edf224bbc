"""Browsers on other origins (contract 4, section C "CORS"): an application's pages read what bears its own tokens."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.dialects.trace.caller import Answer, Caller
from tests.factories import make_customer, make_interaction, make_trail

pytestmark = pytest.mark.django_db
SHOP, RIVAL = "https://shop.example", "https://rival.example"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.fixture
def caller() -> Caller:
    return Caller.of(allowed_origins=[SHOP])


def test_a_preflight_of_an_allowed_origin_is_let_through(caller: Caller) -> None:
    answer = caller.client.options("/api/campaigns/sync-page", headers={"origin": SHOP, **PREFLIGHT})
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert answer["Access-Control-Allow-Methods"] == "POST"
    assert "Content-Type" in answer["Access-Control-Allow-Headers"]
    assert answer["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [RIVAL, "null", "*", SHOP + "/", SHOP.upper(), "x" * 300])
def test_other_origins_get_no_cors_headers(caller: Caller, origin: str) -> None:
    for answer in (
        caller.client.options("/api/traces/trace", headers={"origin": origin, **PREFLIGHT}),
        caller.post("traces/trace", {"app-token": caller.token}, origin=origin),
    ):
        assert not [header for header in answer.headers if header.startswith("Access-Control")]


def test_answers_and_errors_can_be_read_by_the_page(caller: Caller) -> None:
    right = caller.post("traces/trace", {"app-token": caller.token}, origin=SHOP)
    assert (right.status_code, right["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert right["Vary"] == "Accept, Origin"
    wrong = caller.post("traces/trace", {"app-token": "x"}, origin=SHOP)
    assert (wrong.status_code, wrong["Access-Control-Allow-Origin"]) == (404, SHOP)


def test_without_an_origin_nothing_is_said(caller: Caller) -> None:
    answer = caller.post("traces/trace", {"app-token": caller.token})
    assert answer["Vary"] == "Accept"
    assert not answer.has_header("Access-Control-Allow-Origin")


Request = Callable[[Caller], tuple[str, dict[str, Any]]]


def _trail(caller: Caller) -> Any:
    return make_trail(make_customer(caller.organization), caller.application)


def _funnel(caller: Caller) -> tuple[str, dict[str, Any]]:
    trail = _trail(caller)
    token = make_interaction(trail.trace.customer)
    names = {"trail-id": str(trail.uuid), "campaign-id": token.campaign_id, "tracking-token": str(token.token)}
    return "campaigns/advance-funnel", names


REQUESTS: dict[str, Request] = {
    "trace": lambda caller: ("traces/trace", {"app-token": caller.token}),
    "namespaced": lambda caller: ("traces/trace", {"trace/app-token": caller.token}),
    "trail": lambda caller: (f"traces/{_trail(caller).trace.uuid}/trail", {"channel": "web"}),
    "action": lambda caller: (f"traces/trail/{_trail(caller).uuid}/action", {"name": "home", "type": "location"}),
    "page": lambda caller: ("campaigns/sync-page", {"app-token": caller.token, "trail-id": str(_trail(caller).uuid)}),
    "active": lambda caller: ("campaigns/active", {"app-token": caller.token}),
    "customer": lambda caller: ("customers", {"app-token": caller.token, "customer": {"id": "51"}}),
    "refused": lambda caller: ("customers", {"app-token": caller.token}),
    "funnel": _funnel,
}


def _shared(answer: Answer) -> str | None:
    assert "Origin" in answer["Vary"]
    found: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return found


@pytest.mark.parametrize("name", REQUESTS)
def test_the_page_of_another_application_reads_nothing(caller: Caller, name: str) -> None:
    sister = Caller.of(caller.organization, allowed_origins=[RIVAL])
    for origin, expected in ((SHOP, SHOP), (RIVAL, None)):
        path, body = REQUESTS[name](caller)
        assert _shared(caller.post(path, body, "json", origin=origin)) == expected
    path, body = REQUESTS[name](sister)
    assert _shared(caller.post(path, body, "json", origin=SHOP)) is None


def test_a_trace_without_token_is_read_by_pages_of_the_application_that_has_it(caller: Caller, settings: Any) -> None:
    Caller.of(allowed_origins=[RIVAL])
    settings.DEFAULT_APP_TOKEN = caller.token
    assert _shared(caller.post("traces/trace", {}, "json", origin=SHOP)) == SHOP
    assert _shared(caller.post("traces/trace", {}, "json", origin=RIVAL)) is None


def test_what_names_no_application_is_read_by_any_allowed_page(caller: Caller) -> None:
    for path, body in (("traces/trace", b"{"), (f"traces/{uuid4()}/trail", {"channel": "web"})):
        assert _shared(caller.post(path, body, "json", origin=SHOP)) == SHOP


def test_a_request_with_an_unknown_token_gets_no_cors_headers(caller: Caller) -> None:
    assert _shared(caller.post("traces/trace", {"app-token": str(uuid4())}, "json", origin=SHOP)) is None
