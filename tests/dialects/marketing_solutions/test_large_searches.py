"""Searches with large answers: an organization has few of them sent at a time; no filter names more ids than it may."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from customers.bounds import Work, begin
from marketing_solutions import concurrent_searches
from marketing_solutions.api.serializers.search import MAXIMUM_IDS
from marketing_solutions.campaigns import PAGE
from marketing_solutions.concurrent_searches import take_search_turn
from marketing_solutions.models import SearchTurn
from tests.bench.portfolio_rows import make_campaigns
from tests.config.served import PATIENCE_SECONDS
from tests.dialects.marketing_solutions.actor import Buyer
from tests.dialects.marketing_solutions.expected import refusal

TOO_MANY = (429, "quota", "too-many-at-a-time")


@pytest.fixture
def large(buyer: Buyer, settings: Settings) -> Buyer:
    """A buyer whose campaigns don't fit into a page; one large search at a time."""
    settings.SEARCHES_AT_A_TIME = 1
    make_campaigns(buyer.organization, [buyer.advertiser.pk], PAGE + 1)
    return buyer


def test_one_search_too_many_is_429_until_the_first_answer_has_gone_out(large: Buyer, rival: Buyer) -> None:
    first: Any = large.search()
    assert first.streaming
    refused = large.search()
    assert refusal(refused, *TOO_MANY) == []
    assert int(refused["Retry-After"]) > 0
    rival.campaign()
    make_campaigns(rival.organization, [rival.advertiser.pk], PAGE)
    assert rival.search().streaming, "another organization has its own"
    assert len(b"".join(first.streaming_content)) > PAGE
    again: Any = large.search()
    assert again.streaming
    assert len(b"".join(again.streaming_content)) > PAGE
    assert not SearchTurn.objects.filter(organization=large.organization).exists()


def test_small_answers_need_no_turn(large: Buyer, colleague: Buyer) -> None:
    campaign = large.campaign()
    assert large.search().streaming
    narrow = large.search({"filters": {"campaignIds": [campaign.pk]}})
    assert [each["id"] for each in narrow.json()["data"]] == [str(campaign.pk)]
    assert colleague.search().status_code == 200
    assert not colleague.search().streaming


def test_the_turn_of_a_process_that_died_expires(large: Buyer) -> None:
    assert large.search().streaming
    SearchTurn.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    late: Any = large.search()
    assert late.streaming
    assert refusal(large.search(), *TOO_MANY) == []


def test_an_expired_turn_is_not_released_under_its_successor(large: Buyer) -> None:
    slow: Any = large.search()
    SearchTurn.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert large.search().streaming
    assert b'"errors":[]' in b"".join(slow.streaming_content)
    assert refusal(large.search(), *TOO_MANY) == [], "the turn is the successor's"


@pytest.mark.parametrize("name", ["campaignIds", "advertiserIds"])
def test_a_filter_names_at_most_ten_thousand_ids(buyer: Buyer, name: str) -> None:
    buyer.campaign()
    for number in (MAXIMUM_IDS + 1, 400_000):
        answer = buyer.search({"filters": {name: [0] * number}})
        assert refusal(answer, 400, "validation", "invalid-attribute") == [f"/filters/{name}"]
    assert buyer.search({"filters": {name: [0] * MAXIMUM_IDS}}).json() == {"data": [], "errors": []}


def test_a_turn_is_extended_while_its_answer_is_sent(large: Buyer) -> None:
    turn = take_search_turn(organization=large.organization)
    row = SearchTurn.objects.get(organization=large.organization)
    turn.extend()
    row.refresh_from_db()
    first = row.ends_at
    turn.extend_at = 0.0
    turn.extend()
    row.refresh_from_db()
    assert row.ends_at > first
    turn.leave()
    assert not SearchTurn.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(("unread", "least"), [(1, 60), (30, 60), (300, 600)])
def test_a_turn_outlasts_an_answer_that_is_not_read(large: Buyer, settings: Settings, unread: int, least: int) -> None:
    settings.UNREAD_ANSWER_SECONDS = unread
    before = timezone.now()
    turn = take_search_turn(organization=large.organization)
    row = SearchTurn.objects.get(organization=large.organization)
    assert timedelta(0) <= row.ends_at - before - timedelta(seconds=least) < timedelta(seconds=PATIENCE_SECONDS)
    turn.extend_at = 0.0
    turn.extend()
    extended = SearchTurn.objects.get(pk=row.pk).ends_at - row.ends_at
    assert timedelta(0) < extended < timedelta(seconds=PATIENCE_SECONDS), "by another lease from now"


def test_keeping_and_leaving_a_turn_is_work_of_a_request(large: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrent_searches, "EXTENDED_AFTER_SECONDS", -1)
    answer: Any = large.search()
    seen = set()

    def look(execute: Any, sql: str, *arguments: Any) -> Any:
        if SearchTurn._meta.db_table in sql:
            database: Any = connection
            seen.add((sql.split(maxsplit=1)[0], database.work))
        return execute(sql, *arguments)

    begin(Work.COMMAND)
    with connection.execute_wrapper(look):
        assert b"".join(answer.streaming_content)
    assert seen == {("UPDATE", Work.API), ("DELETE", Work.API)}
