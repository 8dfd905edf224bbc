"""Contract 4, section A, "status": any may follow any, except that nothing follows `completed`."""

import pytest

from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import only, refusal
from tests.factories import Hierarchy, make_campaign

STATUSES = ["draft", "inreview", "live", "paused", "completed"]


def _levels(ours: Hierarchy) -> dict[str, tuple[str, str]]:
    return {
        f"campaigns/{ours.campaign.pk}": ("campaign", "campaign"),
        f"line_items/{ours.line_item.pk}": ("line_item", "line_items"),
        f"creative_groups/{ours.group.pk}": ("creative_group", "creative_groups"),
        f"creatives/{ours.creative.pk}": ("creative", "creatives"),
    }


@pytest.mark.parametrize("first", STATUSES[:-1])
@pytest.mark.parametrize("second", STATUSES)
def test_any_follows_any(owner: Actor, ours: Hierarchy, first: str, second: str) -> None:
    for path, (wrapper, member) in _levels(ours).items():
        for status in (first, second):
            assert only(owner.put(path, {wrapper: {"status": status}}), member)["status"] == status


@pytest.mark.parametrize("status", STATUSES[:-1])
def test_nothing_follows_completed(owner: Actor, ours: Hierarchy, status: str) -> None:
    for path, (wrapper, member) in _levels(ours).items():
        only(owner.put(path, {wrapper: {"status": "completed"}}), member)
        assert refusal(owner.put(path, {wrapper: {"status": status}}), "validation").keys() == {"status"}
        assert only(owner.get(path), member)["status"] == "completed"


def test_what_is_completed_may_be_renamed_and_completed_again(owner: Actor, ours: Hierarchy) -> None:
    for path, (wrapper, member) in _levels(ours).items():
        only(owner.put(path, {wrapper: {"status": "completed"}}), member)
        changed = only(owner.put(path, {wrapper: {"status": "completed", "name": "Renamed"}}), member)
        assert (changed["status"], changed["name"]) == ("completed", "Renamed")


@pytest.mark.parametrize("status", STATUSES)
def test_a_row_may_be_made_in_any_status(owner: Actor, status: str) -> None:
    campaign = only(owner.post("campaigns", bodies.campaign(status=status)), "campaign")
    assert campaign["status"] == status


def test_children_may_be_live_while_their_parents_are_not(owner: Actor) -> None:
    campaign = make_campaign(owner.organization, status="draft")
    line_item = only(owner.post(f"campaigns/{campaign.pk}/line_items", bodies.line_item()), "line_items")
    path = f"line_items/{line_item['id']}/creative_groups"
    group = only(owner.post(path, bodies.creative_group()), "creative_groups")
    path = f"creative_groups/{group['id']}/creatives"
    creative = only(owner.post(path, bodies.creative(status="live")), "creatives")
    assert {line_item["status"], group["status"], creative["status"]} == {"live"}
