"""Containers: contract 1's samples, the one container of a campaign, times as they were sent."""

import pytest

from campaigns.models import AdLineItem
from tests.dialects.management import bodies, samples
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, only, refusal
from tests.factories import Hierarchy, make_campaign

MEMBERS = {"campaign_id", "starts_at", "ends_at", "id", "name", "status"}
TEXTS = {"display_name": "Shown", "description": "Said about it"}


@pytest.mark.django_db
@pytest.mark.parametrize("sample", samples.samples_of("line_items"))
def test_golden(sample: str) -> None:
    samples.check(sample)


@pytest.mark.parametrize("name", ["name", "starts_at", "ends_at", "status"])
def test_create_without_a_required_attribute(owner: Actor, name: str) -> None:
    campaign = make_campaign(owner.organization)
    body = bodies.without(bodies.line_item(), name)
    assert refusal(owner.post(f"campaigns/{campaign.pk}/line_items", body), "missing_data").keys() == {name}
    assert not AdLineItem.objects.exists()


def test_the_texts_of_the_table_are_written_read_and_cleared(owner: Actor) -> None:
    campaign = make_campaign(owner.organization)
    created = only(owner.post(f"campaigns/{campaign.pk}/line_items", bodies.line_item(**TEXTS)), "line_items")
    assert created.keys() == MEMBERS | TEXTS.keys()
    assert TEXTS.items() <= created.items()
    path = f"line_items/{created['id']}"
    assert only(owner.get(path), "line_items") == created
    cleared = only(owner.put(path, {"line_item": dict.fromkeys(TEXTS)}), "line_items")
    assert not {name for name in TEXTS if cleared.get(name) is not None}


def test_a_second_container_is_refused(owner: Actor, ours: Hierarchy) -> None:
    path = f"campaigns/{ours.campaign.pk}/line_items"
    assert refusal(owner.post(path, bodies.line_item()), "validation")
    assert accepted(owner.get(path))["pagination"]["total"] == 1


def test_a_container_may_follow_one_that_was_deleted(owner: Actor, ours: Hierarchy) -> None:
    only(owner.delete(f"line_items/{ours.line_item.pk}"), "line_item")
    path = f"campaigns/{ours.campaign.pk}/line_items"
    created = only(owner.post(path, bodies.line_item(name=ours.line_item.name)), "line_items")
    assert created["id"] != ours.line_item.pk
    assert [shown["id"] for shown in accepted(owner.get(path))["line_items"]] == [created["id"]]


def test_a_campaign_without_a_container(owner: Actor) -> None:
    campaign = make_campaign(owner.organization)
    assert accepted(owner.get(f"campaigns/{campaign.pk}/line_items")) == {
        "line_items": [],
        "pagination": {"page": 1, "limit": 10, "total": 0},
    }


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2022-01-03 15:52:33 -0400", "2022-01-03 15:52:33 -0400"),
        ("2022-01-03 15:52:33 +0000", "2022-01-03 15:52:33 +0000"),
        ("2022-01-03T15:52:33-04:00", "2022-01-03T19:52:33Z"),
        ("2022-01-03T15:52:33Z", "2022-01-03T15:52:33Z"),
    ],
)
def test_an_update_gives_the_contracts_form_back_as_sent(owner: Actor, ours: Hierarchy, sent: str, shown: str) -> None:
    path = f"line_items/{ours.line_item.pk}"
    answer = only(owner.put(path, {"line_item": {"ends_at": sent}}), "line_items")
    assert (answer["starts_at"], answer["ends_at"]) == ("2021-12-31T05:00:00Z", shown)
    assert only(owner.get(path), "line_items")["ends_at"].endswith("Z")


def test_below_a_missing_campaign(owner: Actor) -> None:
    refusal(owner.get("campaigns/999999999/line_items"), "not_found", 404)
    refusal(owner.post("campaigns/999999999/line_items", bodies.line_item()), "not_found", 404)
    assert not AdLineItem.objects.exists()
