"""`Idempotency-Key` on POST and PATCH (contract 4, section B "retries")."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from campaigns.models import AdCampaign
from marketing_solutions.models import StoredResponse
from marketing_solutions.tasks import clear_old_responses
from tests.dialects.marketing_solutions.actor import Answer, Buyer, new_campaign, update
from tests.dialects.marketing_solutions.expected import refusal
from tests.dialects.marketing_solutions.portfolios import limit_of


def create(buyer: Buyer, key: str, **changes: object) -> Answer:
    """A create under a key."""
    return buyer.create(new_campaign(buyer.advertiser.pk, **changes), Idempotency_Key=key)


def test_the_same_request_gets_the_same_answer(buyer: Buyer) -> None:
    first, again = create(buyer, "a"), create(buyer, "a")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (first.has_header("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (False, "true")
    assert AdCampaign.objects.count() == 1


def test_a_patch_is_applied_once(buyer: Buyer) -> None:
    campaign = buyer.campaign()
    entries = [update(campaign.pk, amount=5), update(0, amount=5)]
    first = buyer.patch(*entries, Idempotency_Key="a")
    buyer.patch(update(campaign.pk, amount=6))
    again = buyer.patch(*entries, Idempotency_Key="a")
    assert first.content == again.content
    assert limit_of(campaign) == ("capped", "daily", "6.00")


def test_another_body_or_path_under_the_same_key_is_refused(buyer: Buyer) -> None:
    create(buyer, "a")
    for answer in (
        create(buyer, "a", name="Another"),
        buyer.patch(update(5, amount=5), Idempotency_Key="a"),
        buyer.create(new_campaign(buyer.advertiser.pk), version="2024-01", Idempotency_Key="a"),
    ):
        assert refusal(answer, 422, "validation", "idempotency-key-reused") == []
    assert AdCampaign.objects.count() == 1


def test_two_applications_may_use_the_same_key(buyer: Buyer, colleague: Buyer) -> None:
    assert create(buyer, "a").status_code == create(colleague, "a", name="Theirs").status_code == 201


def test_a_refused_request_leaves_its_key_free(buyer: Buyer) -> None:
    assert create(buyer, "a", goal="None").status_code == 400
    assert not StoredResponse.objects.exists()
    assert create(buyer, "a").status_code == 201


def test_after_a_day_a_key_is_new(buyer: Buyer) -> None:
    create(buyer, "a")
    StoredResponse.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=5))
    assert refusal(create(buyer, "a"), 400, "validation", "invalid-attribute") == ["/data/attributes/name"]
    create(buyer, "b", name="Another")
    clear_old_responses()
    assert list(StoredResponse.objects.values_list("key", flat=True)) == ["b"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "ü"])
def test_an_invalid_key_is_refused(buyer: Buyer, key: str) -> None:
    assert refusal(create(buyer, key), 400, "validation", "idempotency-key-invalid") == []


@pytest.mark.usefixtures("transactional_db")
def test_of_many_at_once_one_does_the_work() -> None:
    buyer = Buyer.of()

    def send(_: int) -> bytes:
        try:
            answer = create(buyer, "a")
            assert answer.status_code == 201
            return bytes(answer.content)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(send, range(16)))) == 1
    assert AdCampaign.objects.count() == 1
