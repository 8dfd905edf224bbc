"""POST campaigns (contract 2, "Create a campaign")."""

from typing import Any

import pytest

from campaigns.models import AdBundle, AdCampaign, SpendLimit
from marketing_solutions.models import AdvertiserCampaign, Portfolio
from tests.dialects.marketing_solutions.actor import Buyer, new_campaign
from tests.dialects.marketing_solutions.expected import refusal
from tests.dialects.marketing_solutions.portfolios import limit_of

LIMIT = {"spendLimitRenewal": "daily", "spendLimitType": "capped", "spendLimitAmount": 123.45}
DATA = "/data/attributes/"


def test_a_created_campaign_is_complete_in_the_core(buyer: Buyer) -> None:
    answer = buyer.create(new_campaign(buyer.advertiser.pk))
    assert answer.status_code == 201
    campaign = AdCampaign.objects.get(id=int(answer.json()["data"]["id"]))
    assert (campaign.name, campaign.status, campaign.organization) == ("My Campaign", "live", buyer.organization)
    assert AdBundle.objects.filter(campaign=campaign).exists()
    assert limit_of(campaign) == ("capped", "daily", "123.45")
    link = AdvertiserCampaign.objects.get(campaign=campaign)
    assert (link.advertiser, link.goal) == (buyer.advertiser, "retention")


@pytest.mark.parametrize("goal", ["Acquisition", "acquisition", "RETENTION"])
@pytest.mark.parametrize("as_string", [True, False])
def test_goals_may_have_any_case_and_ids_may_be_strings_or_numbers(buyer: Buyer, goal: str, *, as_string: bool) -> None:
    advertiser = str(buyer.advertiser.pk) if as_string else buyer.advertiser.pk
    answer = buyer.create(new_campaign(advertiser, goal=goal))
    assert answer.status_code == 201
    assert answer.json()["data"]["attributes"]["goal"] == goal.capitalize()


@pytest.mark.parametrize(
    "limit",
    [
        {"spendLimitType": "uncapped"},
        {"spendLimitType": "uncapped", "spendLimitRenewal": "undefined", "spendLimitAmount": None},
        {"spendLimitType": "uncapped", "spendLimitRenewal": None, "spendLimitAmount": {"value": None}},
        {"spendLimitType": "uncapped", "spendLimitRenewal": "daily", "spendLimitAmount": 5},
    ],
)
def test_a_campaign_may_be_created_uncapped(buyer: Buyer, limit: dict[str, Any]) -> None:
    shown = buyer.create(new_campaign(buyer.advertiser.pk, spendLimit=limit)).json()["data"]["attributes"]
    assert shown["spendLimit"] == {
        "spendLimitType": "uncapped",
        "spendLimitRenewal": "undefined",
        "spendLimitAmount": None,
    }


@pytest.mark.parametrize("attribute", ["name", "advertiserId", "goal", "spendLimit"])
def test_each_missing_attribute_is_named(buyer: Buyer, attribute: str) -> None:
    answer = buyer.create(new_campaign(buyer.advertiser.pk, **{attribute: None}))
    assert refusal(answer, 400, "validation", "missing-attribute") == [DATA + attribute]
    assert not AdCampaign.objects.exists()


@pytest.mark.parametrize(
    ("attribute", "value", "pointer"),
    [
        ("name", "", "name"),
        ("name", "  ", "name"),
        ("name", "x" * 256, "name"),
        ("name", "a\x00b", "name"),
        ("name", 5, "name"),
        ("advertiserId", [], "advertiserId"),
        ("advertiserId", True, "advertiserId"),
        ("goal", "Unspecified", "goal"),
        ("goal", "", "goal"),
        ("goal", 5, "goal"),
        ("budgetAutomation", {"enabled": True}, "budgetAutomation"),
        ("spendLimit", [], "spendLimit"),
        ("spendLimit", {}, "spendLimit/spendLimitType"),
        ("spendLimit", LIMIT | {"spendLimitType": "some"}, "spendLimit/spendLimitType"),
        ("spendLimit", LIMIT | {"spendLimitRenewal": "weekly"}, "spendLimit/spendLimitRenewal"),
        ("spendLimit", LIMIT | {"spendLimitRenewal": "undefined"}, "spendLimit/spendLimitRenewal"),
        ("spendLimit", LIMIT | {"spendLimitRenewal": None}, "spendLimit/spendLimitRenewal"),
        ("spendLimit", LIMIT | {"spendLimitAmount": None}, "spendLimit/spendLimitAmount"),
        ("spendLimit", LIMIT | {"spendLimitAmount": 0}, "spendLimit/spendLimitAmount"),
        ("spendLimit", LIMIT | {"spendLimitAmount": 1.001}, "spendLimit/spendLimitAmount"),
        ("spendLimit", LIMIT | {"spendLimitAmount": 1e11}, "spendLimit/spendLimitAmount"),
        ("spendLimit", LIMIT | {"more": 1}, "spendLimit"),
    ],
)
def test_an_invalid_attribute_is_named(buyer: Buyer, attribute: str, value: object, pointer: str) -> None:
    answer = buyer.create(new_campaign(buyer.advertiser.pk, **{attribute: value}))
    assert refusal(answer, 400, "validation", "invalid-attribute") == [DATA + pointer]
    assert not AdCampaign.objects.exists()


def test_half_a_surrogate_pair_is_refused(buyer: Buyer) -> None:
    answer = buyer.create(new_campaign(buyer.advertiser.pk, name="\ud800"))
    assert refusal(answer, 400, "validation", "malformed-body") == []


def test_all_wrong_attributes_are_named_at_once(buyer: Buyer) -> None:
    answer = buyer.create(new_campaign([], name=5, goal="None", spendLimit=5))
    pointers = refusal(answer, 400, "validation", "invalid-attribute")
    assert set(pointers) == {DATA + name for name in ("name", "goal", "advertiserId", "spendLimit")}


def test_an_unknown_attribute_is_refused(buyer: Buyer) -> None:
    answer = buyer.create(new_campaign(buyer.advertiser.pk, budget=5))
    assert refusal(answer, 400, "validation", "unknown-attribute") == [f"{DATA}budget"]


def test_a_name_that_is_taken_is_refused(buyer: Buyer) -> None:
    assert buyer.create(new_campaign(buyer.advertiser.pk)).status_code == 201
    answer = buyer.create(new_campaign(buyer.advertiser.pk))
    assert refusal(answer, 400, "validation", "invalid-attribute") == [f"{DATA}name"]
    assert (AdCampaign.objects.count(), SpendLimit.objects.count()) == (1, 1)


def test_anothers_advertiser_is_forbidden_like_one_that_nobody_has(
    buyer: Buyer, colleague: Buyer, rival: Buyer
) -> None:
    for advertiser in (colleague.advertiser.pk, rival.advertiser.pk, 10**18, 10**30, "abc", 0, -5, 1.5):
        answer = buyer.create(new_campaign(advertiser))
        assert refusal(answer, 403, "access-control", "insufficient-advertiser-permissions") == []
    Portfolio.objects.update(may_manage=False)
    answer = buyer.create(new_campaign(buyer.advertiser.pk))
    assert refusal(answer, 403, "access-control", "insufficient-advertiser-permissions") == []
    assert not AdCampaign.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"5", b"{}", b'{"data":[]}', b'{"data":null}'])
def test_a_body_of_another_shape_is_refused(buyer: Buyer, body: bytes) -> None:
    assert refusal(buyer.create(body), 400, "validation", "malformed-body") == []


@pytest.mark.parametrize(
    ("data", "pointer"),
    [({"type": "AdSet"}, ""), ({"type": []}, ""), ({"more": 1}, ""), ({"attributes": 5}, "/attributes")],
)
def test_data_of_another_shape_is_refused(buyer: Buyer, data: dict[str, Any], pointer: str) -> None:
    body = {"data": new_campaign(buyer.advertiser.pk)["data"] | data}
    assert refusal(buyer.create(body), 400, "validation", "invalid-attribute") == [f"/data{pointer}"]
