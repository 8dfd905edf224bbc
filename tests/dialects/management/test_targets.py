"""Targets (contract 4, section A): readable, writable, refused."""

from typing import Any

import pytest

from campaigns.models import AdTarget
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import only, refusal
from tests.factories import Hierarchy, make_field

FIELDS = {
    "state": "string",
    "visits": "integer",
    "spent": "decimal",
    "vip": "boolean",
    "born": "date",
    "seen": "datetime",
}
GOOD: list[dict[str, Any]] = [
    {"attribute": "state", "operator": "in", "values": ["CA", "NY"]},
    {"attribute": "state", "operator": "contains", "values": ["al"]},
    {"attribute": "visits", "operator": "gte", "values": [3]},
    {"attribute": "spent", "operator": "between", "values": ["1.5", "20"]},
    {"attribute": "vip", "operator": "in", "values": [True]},
    {"attribute": "born", "operator": "lte", "values": ["2000-01-31"]},
    {"attribute": "seen", "operator": "gte", "values": ["2020-08-12T17:45:48.000000Z"]},
    {"attribute": "tag", "operator": "not_in", "values": ["gold"]},
    {"attribute": "points", "operator": "gte", "values": [100]},
    {"attribute": "platform", "operator": "in", "values": ["web"]},
    {"attribute": "language", "operator": "exists", "values": []},
    {"attribute": "channel", "operator": "not_exists", "values": []},
]
BAD: dict[str, Any] = {
    "unknown field": {"attribute": "shoe_size", "operator": "in", "values": [42]},
    "unknown operator": {"attribute": "state", "operator": "like", "values": ["CA"]},
    "wrong type": {"attribute": "visits", "operator": "gte", "values": ["3"]},
    "wrong boolean": {"attribute": "vip", "operator": "in", "values": [1]},
    "wrong date": {"attribute": "born", "operator": "in", "values": ["yesterday"]},
    "wrong instant": {"attribute": "seen", "operator": "in", "values": ["2020-08-12T17:45:48"]},
    "wrong points": {"attribute": "points", "operator": "gte", "values": [2**63]},
    "no order of booleans": {"attribute": "vip", "operator": "gte", "values": [True]},
    "contains of a number": {"attribute": "visits", "operator": "contains", "values": [3]},
    "no values": {"attribute": "state", "operator": "in", "values": []},
    "values of exists": {"attribute": "state", "operator": "exists", "values": ["CA"]},
    "one end of a range": {"attribute": "visits", "operator": "between", "values": [1]},
    "a range backwards": {"attribute": "visits", "operator": "between", "values": [2, 1]},
    "values no list": {"attribute": "state", "operator": "in", "values": "CA"},
    "unknown member": {"attribute": "state", "operator": "in", "values": ["CA"], "weight": 1},
    "without attribute": {"operator": "in", "values": ["CA"]},
    "without operator": {"attribute": "state", "values": ["CA"]},
    "no object": "state in CA",
    "null": None,
    "NUL": {"attribute": "state", "operator": "in", "values": ["C\x00A"]},
}


@pytest.fixture(autouse=True)
def _schema(owner: Actor) -> None:
    for name, field_type in FIELDS.items():
        make_field(owner.organization, name, field_type)


@pytest.fixture(params=["campaign", "creative_group"])
def place(request: pytest.FixtureRequest, ours: Hierarchy) -> tuple[str, str, str]:
    """An update's path, wrapper and member of the answer, at each of the two levels that have targets."""
    if request.param == "campaign":
        return f"campaigns/{ours.campaign.pk}", "campaign", "campaign"
    return f"creative_groups/{ours.group.pk}", "creative_group", "creative_groups"


def _targets(shown: dict[str, Any]) -> Any:
    return shown["ad_bundle"]["targets"] if "ad_bundle" in shown else shown.get("targets", [])


def test_written_and_read_in_their_order(owner: Actor, place: tuple[str, str, str]) -> None:
    path, wrapper, member = place
    assert _targets(only(owner.put(path, {wrapper: {"targets": GOOD}}), member)) == GOOD
    assert _targets(only(owner.get(path), member)) == GOOD
    assert _targets(only(owner.put(path, {wrapper: {"targets": GOOD[::-1]}}), member)) == GOOD[::-1]
    assert AdTarget.objects.count() == len(GOOD)


def test_written_with_a_create(owner: Actor, ours: Hierarchy) -> None:
    campaign = only(owner.post("campaigns", bodies.campaign(targets=GOOD)), "campaign")
    assert campaign["ad_bundle"]["targets"] == GOOD
    path = f"line_items/{ours.line_item.pk}/creative_groups"
    group = only(owner.post(path, bodies.creative_group(targets=GOOD)), "creative_groups")
    assert group["targets"] == GOOD
    assert only(owner.get(f"creative_groups/{group['id']}"), "creative_groups") == group


def test_an_update_without_targets_keeps_them_and_an_empty_list_clears_them(
    owner: Actor, place: tuple[str, str, str]
) -> None:
    path, wrapper, member = place
    only(owner.put(path, {wrapper: {"targets": GOOD}}), member)
    assert _targets(only(owner.put(path, {wrapper: {"name": "Renamed"}}), member)) == GOOD
    assert _targets(only(owner.put(path, {wrapper: {"targets": []}}), member)) == []
    assert _targets(only(owner.get(path), member)) == []
    assert not AdTarget.objects.exists()


@pytest.mark.parametrize("name", BAD)
def test_refused(owner: Actor, place: tuple[str, str, str], name: str) -> None:
    path, wrapper, member = place
    only(owner.put(path, {wrapper: {"targets": GOOD[:1]}}), member)
    answer = owner.put(path, {wrapper: {"name": "Renamed", "targets": [GOOD[1], BAD[name]]}})
    fields = refusal(answer, "validation")
    assert fields.keys() == {"targets"}
    assert all(sentence.startswith("targets[1]") for sentence in fields["targets"])
    shown = only(owner.get(path), member)
    assert _targets(shown) == GOOD[:1]
    assert shown["name"] != "Renamed"


def test_all_offences_are_named(owner: Actor, place: tuple[str, str, str]) -> None:
    path, wrapper, _ = place
    fields = refusal(owner.put(path, {wrapper: {"targets": list(BAD.values())}}), "validation")
    named = {sentence.partition(":")[0] for sentence in fields["targets"]}
    assert named == {f"targets[{index}]" for index in range(len(BAD))}


@pytest.mark.parametrize("targets", [{}, "tag", 1, True, None, {"attribute": "tag"}])
def test_targets_that_are_no_list(owner: Actor, place: tuple[str, str, str], targets: object) -> None:
    path, wrapper, _ = place
    assert refusal(owner.put(path, {wrapper: {"targets": targets}}), "validation").keys() == {"targets"}


def test_a_create_with_refused_targets_makes_nothing(owner: Actor, ours: Hierarchy) -> None:
    targets = [BAD["unknown field"]]
    assert refusal(owner.post("campaigns", bodies.campaign(targets=targets)), "validation").keys() == {"targets"}
    path = f"line_items/{ours.line_item.pk}/creative_groups"
    assert refusal(owner.post(path, bodies.creative_group(targets=targets)), "validation").keys() == {"targets"}
    assert owner.get("campaigns").json()["pagination"]["total"] == 1
    assert owner.get(path).json()["pagination"]["total"] == 1


@pytest.mark.parametrize("targets", [{}, "tag", 1, True, "", 0, False, None])
def test_a_create_with_targets_that_are_no_list(owner: Actor, ours: Hierarchy, targets: object) -> None:
    assert refusal(owner.post("campaigns", bodies.campaign(targets=targets)), "validation").keys() == {"targets"}
    path = f"line_items/{ours.line_item.pk}/creative_groups"
    assert refusal(owner.post(path, bodies.creative_group(targets=targets)), "validation").keys() == {"targets"}


def test_fields_are_those_of_the_own_organization(owner: Actor, outsider: Actor) -> None:
    make_field(outsider.organization, "their_field", "string")
    target = {"attribute": "their_field", "operator": "exists", "values": []}
    refusal(owner.post("campaigns", bodies.campaign(targets=[target])), "validation")
    campaign = only(outsider.post("campaigns", bodies.campaign(targets=[target])), "campaign")
    assert campaign["ad_bundle"]["targets"] == [target]


def test_targets_are_of_a_campaign_or_a_group_only(owner: Actor, ours: Hierarchy) -> None:
    answer = owner.put(f"line_items/{ours.line_item.pk}", {"line_item": {"targets": []}})
    assert refusal(answer, "argument_error").keys() == {"targets"}
    answer = owner.put(f"creatives/{ours.creative.pk}", {"creative": {"targets": []}})
    assert refusal(answer, "argument_error").keys() == {"targets"}


def test_a_campaigns_targets_are_not_its_groups(owner: Actor, ours: Hierarchy) -> None:
    only(owner.put(f"campaigns/{ours.campaign.pk}", {"campaign": {"targets": GOOD}}), "campaign")
    assert "targets" not in only(owner.get(f"creative_groups/{ours.group.pk}"), "creative_groups")
