"""Whatever comes in, an answer of this dialect goes out, and nothing is left behind."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import AdCampaign, SpendLimit
from tests.contents import contents
from tests.dialects.marketing_solutions.actor import Buyer, new_campaign, update

NAMES = ["data", "filters", "type", "id", "attributes", "name", "goal", "advertiserId", "advertiserIds", "campaignIds"]
NAMES += ["spendLimit", "spendLimitType", "spendLimitRenewal", "spendLimitAmount", "value", "budgetAutomation"]
WORDS = ["Campaign", "capped", "uncapped", "daily", "Retention", "99999", "\x00", "\ud800", ""]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(WORDS))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from([*NAMES, *WORDS]), st.text(max_size=3)), inner),
    ),
    max_leaves=15,
)
ENTRIES = st.lists(
    st.one_of(
        VALUES,
        st.fixed_dictionaries({"id": st.just("99999"), "attributes": VALUES}),
        st.fixed_dictionaries(
            {"id": st.just(99999), "attributes": st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)}
        ),
    ),
    max_size=4,
)
FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def dumps(value: object) -> bytes:
    """JSON as Python writes it: NaN, Infinity and halves of surrogate pairs too."""
    return json.dumps(value).encode()


@given(body=st.one_of(VALUES, st.fixed_dictionaries({"data": ENTRIES}), st.fixed_dictionaries({"filters": VALUES})))
@FUZZ
def test_no_json_is_a_fault(buyer: Buyer, body: object) -> None:
    SpendLimit.objects.all().delete()
    AdCampaign.objects.all().delete()
    campaign = buyer.campaign(id=99999)
    for method, path in (("POST", ""), ("PATCH", ""), ("POST", "/search")):
        answer = buyer.send(method, path, dumps(body))
        assert answer.status_code in {200, 400, 403}, answer.content
        found: dict[str, Any] = answer.json()
        assert isinstance(found["errors"], list)
    assert AdCampaign.objects.filter(id=campaign.pk).exists()


@given(body=st.binary(max_size=60))
@settings(FUZZ, max_examples=40)
def test_no_bytes_are_a_fault(buyer: Buyer, body: bytes) -> None:
    for method, path in (("POST", ""), ("PATCH", ""), ("POST", "/search")):
        answer = buyer.send(method, path, body)
        assert answer.status_code in {200, 400}, answer.content
        assert "errors" in answer.json()
    answer = buyer.ask_token(body)
    assert answer.status_code in {400, 401}
    assert "error" in answer.json()


@pytest.mark.parametrize("name", ["\ud800", "a\udc00\ud800"], ids=ascii)
def test_a_name_that_can_not_be_echoed_is_refused_before_anything_is_changed(buyer: Buyer, name: str) -> None:
    campaign = buyer.campaign()
    entry = update(campaign.pk, type="capped", renewal="daily", amount=5)
    before = contents()
    for body in (
        {"data": [entry, {"id": "1", name: 1}]},
        {"data": [entry, {"id": "1", "attributes": {name: 1}}]},
        {"data": [entry, {"id": "1", "attributes": {"spendLimit": {name: 1}}}]},
        {"data": [entry], name: 1},
    ):
        answer = buyer.send("PATCH", "", dumps(body))
        assert answer.status_code == 400
        assert contents() == before
    for path, sent in (("", new_campaign(buyer.advertiser.pk, **{name: 1})), ("/search", {"filters": {name: 1}})):
        assert buyer.send("POST", path, dumps(sent)).status_code == 400


@pytest.mark.parametrize(
    "raw",
    [b'{"data": "\xed\xa0\x80"}', '{"data": []}'.encode("utf-16"), b"[" * 2_000 + b"]" * 2_000],
    ids=["half a pair", "another encoding", "deep"],
)
def test_a_body_that_is_not_json_is_refused(buyer: Buyer, raw: bytes) -> None:
    for method, path in (("POST", ""), ("PATCH", ""), ("POST", "/search")):
        answer = buyer.send(method, path, raw)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "malformed-body")


HEADERS = st.sampled_from(
    [
        "",
        "\x00",
        "a\x00b",
        "é",
        "\x7f",
        "x" * 9_000,
        "http://[",
        "Bearer",
        "Basic ====",
        "9" * 5_000,
        "²",
        "q=" * 99,
        ";=,",
    ]
)
HEADER_NAMES = [
    "Authorization",
    "Idempotency-Key",
    "Origin",
    "Accept",
    "Content-Type",
    "Referer",
    "Cookie",
    "X-Forwarded-For",
]


@given(headers=st.dictionaries(st.sampled_from(HEADER_NAMES), HEADERS, max_size=4))
@FUZZ
def test_no_header_is_a_fault(buyer: Buyer, headers: dict[str, str]) -> None:
    before = contents()
    answer = buyer.send("POST", "", new_campaign(buyer.advertiser.pk), **headers)
    assert answer.status_code in {201, 400, 401, 403}, answer.content
    if answer.status_code != 201:
        assert contents() == before
    assert buyer.ask_token(None, **headers).status_code in {200, 400, 401, 403}
