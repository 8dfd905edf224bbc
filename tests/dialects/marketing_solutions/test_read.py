"""Search and GET (contract 2, "Searching Campaigns", "Retrieving One Specific Campaign")."""

import json
import tracemalloc
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import SpendLimit
from marketing_solutions.models import Portfolio
from tests.bench.portfolio_rows import make_campaigns
from tests.dialects.marketing_solutions.actor import Answer, Buyer
from tests.dialects.marketing_solutions.expected import refusal
from tests.dialects.marketing_solutions.portfolios import add_to_portfolio, make_advertiser, make_advertiser_campaign


def found(answer: Answer) -> list[int]:
    """The ids of a search's answer."""
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body.keys() == {"data", "errors"}
    assert body["errors"] == []
    return [int(campaign["id"]) for campaign in body["data"]]


def test_filters_are_joined_by_and(buyer: Buyer) -> None:
    other = make_advertiser(buyer.organization)
    add_to_portfolio(buyer.application, other, may_manage=False)
    mine = [buyer.campaign().pk for _ in range(2)]
    others = [make_advertiser_campaign(other).pk for _ in range(2)]
    first, second = buyer.advertiser.pk, other.pk
    for filters, expected in [
        ({}, mine + others),
        ({"advertiserIds": [str(first)]}, mine),
        ({"advertiserIds": [second, first]}, mine + others),
        ({"campaignIds": [others[0], str(mine[1])]}, [mine[1], others[0]]),
        ({"advertiserIds": [str(first)], "campaignIds": [others[0], mine[0]]}, [mine[0]]),
        ({"advertiserIds": [], "campaignIds": None}, mine + others),
        ({"advertiserIds": ["987654321", str(first)]}, mine),
        ({"advertiserIds": ["abc"]}, []),
        ({"campaignIds": [2**70, -1, 1.5]}, []),
    ]:
        assert found(buyer.search({"filters": filters})) == expected, filters


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"null", b"{}", b'{"filters":{}}', b'{"filters":null}', b'{"filters":{"advertiserIds":null}}']
)
def test_a_search_without_filters_finds_the_whole_portfolio(buyer: Buyer, body: bytes) -> None:
    campaign = buyer.campaign()
    assert found(buyer.search(body)) == [campaign.pk]


@pytest.mark.parametrize(
    ("body", "code", "pointers"),
    [
        ([], "malformed-body", []),
        (5, "malformed-body", []),
        (b"{", "malformed-body", []),
        ({"filter": {}}, "unknown-attribute", ["/filters"]),
        ({"filters": {"ids": []}}, "unknown-attribute", ["/filters"]),
        ({"filters": []}, "invalid-attribute", ["/filters"]),
        ({"filters": {"advertiserIds": "12345"}}, "invalid-attribute", ["/filters/advertiserIds"]),
        ({"filters": {"campaignIds": {}}}, "invalid-attribute", ["/filters/campaignIds"]),
        ({"filters": {"campaignIds": [None]}}, "invalid-attribute", ["/filters/campaignIds"]),
        ({"filters": {"campaignIds": [True]}}, "invalid-attribute", ["/filters/campaignIds"]),
        ({"filters": {"campaignIds": [["1"]]}}, "invalid-attribute", ["/filters/campaignIds"]),
    ],
)
def test_invalid_filters_are_refused(buyer: Buyer, body: object, code: str, pointers: list[str]) -> None:
    assert refusal(buyer.search(body), 400, "validation", code) == pointers


def test_what_is_not_in_the_portfolio_is_not_found(buyer: Buyer, colleague: Buyer, rival: Buyer) -> None:
    deleted = buyer.campaign(deleted_at=timezone.now())
    hidden = [colleague.campaign().pk, rival.campaign().pk, deleted.pk]
    assert found(buyer.search({"filters": {"campaignIds": hidden}})) == []
    for campaign_id in [*hidden, 0, 2**63, 10**40, "abc", "-1", "1.5", "%20", "٣"]:
        assert refusal(buyer.get(campaign_id), 404, "validation", "campaign-not-found") == []


def test_an_application_that_may_not_manage_still_reads(buyer: Buyer) -> None:
    campaign = buyer.campaign()
    Portfolio.objects.update(may_manage=False)
    assert found(buyer.search()) == [campaign.pk]
    assert buyer.get(campaign.pk).status_code == 200


def test_a_campaign_without_a_limit_of_its_own_is_uncapped(buyer: Buyer) -> None:
    campaign = buyer.campaign()
    SpendLimit.objects.all().delete()
    limit = buyer.get(campaign.pk).json()["data"]["attributes"]["spendLimit"]
    assert limit == {"spendLimitRenewal": "undefined", "spendLimitType": "uncapped", "spendLimitAmount": None}


def test_a_read_costs_two_statements_and_head_has_no_body(buyer: Buyer) -> None:
    campaign = buyer.campaign()
    for method, path in (("GET", f"/{campaign.pk}"), ("POST", "/search"), ("HEAD", f"/{campaign.pk}")):
        with CaptureQueriesContext(connection) as captured:
            assert buyer.send(method, path).status_code == 200
        assert len(captured) == 2, "the application and the campaigns"


def test_a_large_portfolio_comes_in_pieces_with_one_page_in_memory(buyer: Buyer) -> None:
    ids = make_campaigns(buyer.organization, [buyer.advertiser.pk], 5000)
    buyer.search()
    tracemalloc.start()
    try:
        answer: Any = buyer.search()
        size = sum(len(piece) for piece in answer.streaming_content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 900_000
    assert peak < 2_500_000
    body = json.loads(b"".join(buyer.search().streaming_content))
    assert body["errors"] == []
    assert [int(campaign["id"]) for campaign in body["data"]] == ids


@pytest.mark.parametrize("number", [999, 1000, 1001, 2000])
def test_a_search_is_complete_around_the_end_of_a_page(buyer: Buyer, number: int) -> None:
    make_campaigns(buyer.organization, [buyer.advertiser.pk], number)
    answer: Any = buyer.search()
    body = json.loads(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    assert (len(body["data"]), body["errors"]) == (number, [])
