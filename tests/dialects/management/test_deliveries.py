"""Previews and deliveries (contract 4, section A: audience preview, delivery of a creative)."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from campaigns.models import Delivery
from tests.campaigns.delivery.scheduled import EMAIL, make_delivery, make_people, make_scheduled, make_targets, work
from tests.contents import contents
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import refusal
from tests.factories import Hierarchy

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PREVIEWS = {
    "campaign": "campaigns/{0.campaign.pk}/audience/preview",
    "group": "creative_groups/{0.group.pk}/audience/preview",
    "creative": "creatives/{0.creative.pk}/audience/preview",
}


@pytest.fixture
def owner(db: None) -> Actor:  # noqa: ARG001
    """The organization whose deliveries these are."""
    return Actor.of()


@pytest.fixture
def rows(owner: Actor) -> Hierarchy:
    """A message that is due, with sixty customers."""
    found = make_scheduled(owner.organization, **EMAIL)
    make_people(owner.organization)
    make_targets(found)
    return found


@pytest.mark.parametrize(
    ("level", "removed"),
    [
        ("campaign", [0, 30, 0, 10, 0, 0]),
        ("group", [0, 30, 10, 6, 0, 0]),
        ("creative", [0, 30, 10, 7, 0, 0]),
    ],
)
def test_a_preview_counts_and_writes_nothing(owner: Actor, rows: Hierarchy, level: str, removed: list[int]) -> None:
    before = contents()
    audience = owner.post(PREVIEWS[level].format(rows)).json()["audience"]
    assert contents() == before
    steps = ["customers", "campaign_targets", "group_targets", "consent", "holdout", "caps"]
    remaining = [60 - sum(removed[: index + 1]) for index in range(6)]
    assert audience["waterfall"] == [
        {"step": step, "remaining": left, "removed": lost}
        for step, left, lost in zip(steps, remaining, removed, strict=True)
    ]
    assert audience["count"] == remaining[-1]
    assert len(audience["sample"]) == min(20, remaining[-1])
    assert all(each.keys() == {"user_id", "external_id"} for each in audience["sample"])


def test_a_preview_takes_the_same_statements_whatever_the_size(
    owner: Actor, rows: Hierarchy, django_assert_num_queries: Any
) -> None:
    owner.post(PREVIEWS["creative"].format(rows))
    with django_assert_num_queries(9):
        owner.post(PREVIEWS["creative"].format(rows))


def test_a_delivery_is_told_at_every_stage(owner: Actor, rows: Hierarchy) -> None:
    path = f"creatives/{rows.creative.pk}/delivery"
    refusal(owner.get(path), "not_found", 404)
    delivery = make_delivery(rows)
    told = owner.get(path).json()["delivery"]
    assert INSTANT.fullmatch(told.pop("created_at"))
    assert INSTANT.fullmatch(told.pop("scheduled_for"))
    counts = dict.fromkeys(["audience", "pending", "sent", "failed", "skipped", "ambiguous"], 0)
    assert told == {
        "id": delivery.pk,
        "creative_id": rows.creative.pk,
        "state": "scheduled",
        "progress": 0,
        "counts": counts,
        "started_at": None,
        "finished_at": None,
        "heartbeat_at": None,
        "error": None,
        "file": None,
    }
    Delivery.objects.update(state="failed", error="No way out.", audience=9, sent=4, ambiguous=1, chunks=1)
    told = owner.get(path).json()["delivery"]
    assert (told["state"], told["error"]) == ("failed", "No way out.")
    assert told["counts"] == counts | {"audience": 9, "pending": 4, "sent": 4, "ambiguous": 1}


def test_the_file_comes_with_the_same_credentials(owner: Actor, rows: Hierarchy, tmp_path: Path, settings: Any) -> None:
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"audiences": {"BACKEND": backend, "OPTIONS": {"location": tmp_path}}}
    path = f"creatives/{rows.creative.pk}/delivery/file"
    refusal(owner.get(path), "not_found", 404)
    make_delivery(rows)
    refusal(owner.get(path), "not_found", 404)
    content = b"external_id\r\nC1\r\n"
    name = storages["audiences"].save("one/audience.csv", ContentFile(content))
    Delivery.objects.update(file_name=name, file_rows=1, file_sha256=hashlib.sha256(content).hexdigest())
    told = owner.get(f"creatives/{rows.creative.pk}/delivery").json()["delivery"]["file"]
    assert told.keys() == {"name", "url", "rows", "sha256"}
    answer = owner.client.get(told["url"], headers={"Authorization": owner.authorization})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv")
    assert hashlib.sha256(answer.getvalue()).hexdigest() == told["sha256"]
    refusal(owner.client.get(told["url"]), "access_denied", 401)
    refusal(Actor.of().get(path), "not_found", 404)
    storages["audiences"].delete(name)
    refusal(owner.get(path), "not_found", 404)


def test_deliveries_are_listed_by_state_newest_first(
    owner: Actor, rows: Hierarchy, django_assert_num_queries: Any
) -> None:
    others = [make_scheduled(owner.organization) for _ in range(3)]
    deliveries = [make_delivery(each).pk for each in (rows, *others)]
    make_delivery(make_scheduled())
    with django_assert_num_queries(3):
        listed = owner.get("deliveries?limit=3").json()
    assert [each["id"] for each in listed["deliveries"]] == deliveries[:0:-1]
    assert listed["pagination"] == {"page": 1, "limit": 3, "total": 4}
    work()
    done = owner.get("deliveries?state=complete").json()["deliveries"]
    assert [each["id"] for each in done] == deliveries[:0:-1]
    assert {each["progress"] for each in done} == {100}
    refusal(owner.get("deliveries?state=lost"), "argument_error", 200)


@pytest.mark.parametrize("path", PREVIEWS.values())
def test_another_s_preview_is_not_found(rows: Hierarchy, path: str) -> None:
    refusal(Actor.of().post(path.format(rows)), "not_found", 404)
