"""Whatever comes in, an answer of this dialect goes out, and nothing is left behind."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import AdCampaign, SpendLimit
from tests.dialects.marketing_solutions.actor import Buyer

NAMES = ["data", "filters", "type", "id", "attributes", "name", "goal", "advertiserId", "advertiserIds", "campaignIds"]
NAMES += ["spendLimit", "spendLimitType", "spendLimitRenewal", "spendLimitAmount", "value", "budgetAutomation"]
WORDS = ["Campaign", "capped", "uncapped", "daily", "Retention", "99999", "\x00", "\ud800", ""]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(WORDS))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=3)), inner)
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
def test_any_json(buyer: Buyer, body: object) -> None:
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
def test_any_bytes(buyer: Buyer, body: bytes) -> None:
    for method, path in (("POST", ""), ("PATCH", ""), ("POST", "/search")):
        answer = buyer.send(method, path, body)
        assert answer.status_code in {200, 400}, answer.content
        assert "errors" in answer.json()
    answer = buyer.ask_token(body)
    assert answer.status_code in {400, 401}
    assert "error" in answer.json()
