"""Campaigns: contract 1's samples, and contract 4's "create a campaign"."""

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import AdBundle, AdCampaign
from tests.dialects.management import bodies, samples
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, only, refusal
from tests.factories import Hierarchy, make_campaign

MEMBERS = {
    "id",
    "name",
    "status",
    "permalink",
    "owner",
    "category",
    "starts_at",
    "ends_at",
    "created_at",
    "updated_at",
    "ad_bundle",
}
OPTIONAL: dict[str, Any] = {
    "status": "inreview",
    "permalink": "spring-2022",
    "owner": "Ada",
    "category": "seasonal",
}


@pytest.mark.django_db
@pytest.mark.parametrize("sample", samples.samples_of("campaigns"))
def test_golden(sample: str) -> None:
    samples.check(sample)


def test_the_contracts_request_as_it_is_printed_is_no_json(owner: Actor, ours: Hierarchy) -> None:
    printed = b"""{
  "campaign": {
    "name":"Campaign Example - name change",
    "status":"live",
    "starts_at":"2021-12-31T05:00:00Z",
    "ends_at":"2022-01-04T05:00:00Z
  }
}"""
    refusal(owner.put(f"campaigns/{ours.campaign.pk}", printed), "argument_error", 400)


def test_create_makes_the_campaign_with_its_bundle(owner: Actor) -> None:
    campaign = only(owner.post("campaigns", bodies.campaign(**OPTIONAL)), "campaign")
    assert campaign.keys() == MEMBERS
    assert OPTIONAL.items() <= campaign.items()
    row = AdCampaign.objects.get(id=campaign["id"])
    assert row.organization == owner.organization
    assert campaign["ad_bundle"] == {"id": AdBundle.objects.get(campaign=row).pk, "targets": []}
    assert only(owner.get(f"campaigns/{row.pk}"), "campaign") == campaign


def test_create_with_the_required_attributes_only(owner: Actor) -> None:
    campaign = only(owner.post("campaigns", bodies.campaign()), "campaign")
    assert campaign["status"] == "draft"
    assert uuid.UUID(campaign["permalink"])
    assert (campaign["owner"], campaign["category"]) == (None, None)


@pytest.mark.parametrize("name", ["name", "starts_at", "ends_at"])
def test_create_without_a_required_attribute(owner: Actor, name: str) -> None:
    fields = refusal(owner.post("campaigns", bodies.without(bodies.campaign(), name)), "missing_data")
    assert fields.keys() == {name}
    assert not AdCampaign.objects.exists()


@pytest.mark.parametrize("priority", [-(2**31), -1, 1, 2**31 - 1])
def test_priority_is_written_and_read(owner: Actor, priority: int) -> None:
    campaign = only(owner.post("campaigns", bodies.campaign(priority=priority)), "campaign")
    assert campaign["priority"] == priority
    assert only(owner.get(f"campaigns/{campaign['id']}"), "campaign")["priority"] == priority


@pytest.mark.parametrize("priority", [2**31, -(2**31) - 1, 10**30, 1.0, "1", True, None, [], {}])
def test_priority_out_of_range_or_of_the_wrong_type(owner: Actor, priority: object) -> None:
    answer = owner.post("campaigns", bodies.campaign(priority=priority))
    assert refusal(answer, "validation").keys() == {"priority"}


@pytest.mark.parametrize("attribute", ["price_per_impression", "price_per_conversion"])
@pytest.mark.parametrize(
    ("price", "kept"),
    [
        (b"0.00005", "0.000050"),
        (b"5e-05", "0.000050"),
        (b"0.000001", "0.000001"),
        (b"1E-6", "0.000001"),
        (b"1.5e5", "150000.000000"),
        (b"100000.0", "100000.000000"),
        (b"999999.999999", "999999.999999"),
        (b"7", "7.000000"),
        (b'"0.000001"', "0.000001"),
    ],
)
def test_a_price_is_as_small_as_its_column_holds(owner: Actor, attribute: str, price: bytes, kept: str) -> None:
    body = json.dumps(bodies.campaign(**{attribute: "HERE"})).encode().replace(b'"HERE"', price)
    campaign = only(owner.post("campaigns", body), "campaign")
    assert str(getattr(AdCampaign.objects.get(), attribute)) == kept
    assert Decimal(campaign[attribute]) == Decimal(kept)
    assert "E" not in campaign[attribute].upper()


@pytest.mark.parametrize("price", [5e-07, 1e-300, 0.0, -1e-05, 1e06, 1e300, "5e-05", "1e2", True, [], {}])
def test_a_price_that_its_column_does_not_hold(owner: Actor, price: object) -> None:
    answer = owner.post("campaigns", bodies.campaign(price_per_impression=price))
    assert refusal(answer, "validation").keys() == {"price_per_impression"}


@pytest.mark.parametrize("attribute", ["name", "permalink"])
def test_a_name_and_a_permalink_are_unique(owner: Actor, teammate: Actor, ours: Hierarchy, attribute: str) -> None:
    taken = {attribute: getattr(ours.campaign, attribute)}
    assert refusal(teammate.post("campaigns", bodies.campaign(**taken)), "validation").keys() == {attribute}
    other = make_campaign(owner.organization)
    answer = owner.put(f"campaigns/{other.pk}", {"campaign": taken})
    assert refusal(answer, "validation").keys() == {attribute}
    other.refresh_from_db()
    assert getattr(other, attribute) != taken[attribute]


def test_a_taken_name_and_a_taken_permalink_are_both_named(owner: Actor, ours: Hierarchy) -> None:
    other = make_campaign(owner.organization)
    body = bodies.campaign(name=ours.campaign.name, permalink=other.permalink)
    assert refusal(owner.post("campaigns", body), "validation").keys() == {"name", "permalink"}


def test_a_name_and_a_permalink_may_be_those_of_another_organization(owner: Actor, theirs: Hierarchy) -> None:
    body = bodies.campaign(name=theirs.campaign.name, permalink=theirs.campaign.permalink)
    only(owner.post("campaigns", body), "campaign")


def test_an_update_may_repeat_the_campaigns_own_name(owner: Actor, ours: Hierarchy) -> None:
    body = {"campaign": {"name": ours.campaign.name, "permalink": ours.campaign.permalink}}
    only(owner.put(f"campaigns/{ours.campaign.pk}", body), "campaign")


@pytest.mark.parametrize("permalink", ["", " ", "a b", *"/?#%\\", "a\nb", ".", "..", "x" * 256, 7, None])
def test_a_permalink_must_fit_into_a_path(owner: Actor, permalink: object) -> None:
    answer = owner.post("campaigns", bodies.campaign(permalink=permalink))
    assert refusal(answer, "validation").keys() == {"permalink"}


@pytest.mark.parametrize("permalink", ["x" * 255, "späti-2022", "a.b,c;d=e@f&g+h", "🎈", "7"])
def test_a_permalink_is_an_address(owner: Actor, permalink: str) -> None:
    campaign = only(owner.post("campaigns", bodies.campaign(permalink=permalink)), "campaign")
    assert only(owner.get(f"external/campaigns/{permalink}"), "campaign") == campaign


def test_both_addresses_are_one_campaign(owner: Actor, ours: Hierarchy) -> None:
    by_id = owner.get(f"campaigns/{ours.campaign.pk}")
    assert owner.get(f"external/campaigns/{ours.campaign.permalink}").content == by_id.content
    moved = owner.put(f"external/campaigns/{ours.campaign.permalink}", {"campaign": {"permalink": "moved"}})
    assert only(moved, "campaign")["permalink"] == "moved"
    refusal(owner.get(f"external/campaigns/{ours.campaign.permalink}"), "not_found", 404)
    only(owner.delete("external/campaigns/moved"), "campaign")
    refusal(owner.get(f"campaigns/{ours.campaign.pk}"), "not_found", 404)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name", "Renamed"),
        ("status", "paused"),
        ("owner", "Grace"),
        ("category", None),
        ("ends_at", "2023-01-01T00:00:00Z"),
    ],
)
def test_an_update_changes_what_is_present_and_nothing_else(owner: Actor, attribute: str, value: str | None) -> None:
    campaign = make_campaign(owner.organization, owner="Ada", category="seasonal", priority=3)
    before = only(owner.get(f"campaigns/{campaign.pk}"), "campaign")
    after = only(owner.put(f"campaigns/{campaign.pk}", {"campaign": {attribute: value}}), "campaign")
    assert after == before | {attribute: value, "updated_at": after["updated_at"]}
    assert only(owner.get(f"campaigns/{campaign.pk}"), "campaign") == after


def test_a_teammate_sees_and_changes_the_same_campaigns(owner: Actor, teammate: Actor, ours: Hierarchy) -> None:
    assert teammate.get("campaigns").content == owner.get("campaigns").content
    only(teammate.put(f"campaigns/{ours.campaign.pk}", {"campaign": {"name": "Ours"}}), "campaign")
    assert only(owner.get(f"campaigns/{ours.campaign.pk}"), "campaign")["name"] == "Ours"


def test_an_outsider_lists_none_of_them(outsider: Actor, ours: Hierarchy) -> None:
    assert ours.campaign.pk
    assert accepted(outsider.get("campaigns")) == {
        "campaigns": [],
        "pagination": {"page": 1, "limit": 10, "total": 0},
    }
