"""Browsers on other origins (contract 4, section C "CORS")."""

import pytest

from tests.dialects.trace.caller import Caller

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
def test_others_are_told_nothing(caller: Caller, origin: str) -> None:
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
