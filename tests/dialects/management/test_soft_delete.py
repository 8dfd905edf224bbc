"""Contract 4, section A, "delete": gone from every read, names free again, children gone with their parent."""

import pytest
import time_machine

from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, only, refusal
from tests.factories import Hierarchy

NOW = "2026-03-05T09:07:30+00:00"
SUFFIX = "[DELETED AT Mar 5, 2026 09:07 am]"
LEVELS = ["campaigns", "line_items", "creative_groups", "creatives"]
MEMBERS = {"campaigns": "campaign", "line_items": "line_item", "creative_groups": "creative_group"}


def _paths(ours: Hierarchy) -> dict[str, str]:
    rows = (ours.campaign, ours.line_item, ours.group, ours.creative)
    return {level: f"{level}/{row.pk}" for level, row in zip(LEVELS, rows, strict=True)}


@pytest.mark.parametrize("level", LEVELS)
def test_the_answer_shows_the_row_as_it_was_under_its_new_name(owner: Actor, ours: Hierarchy, level: str) -> None:
    path = _paths(ours)[level]
    before = accepted(owner.get(path))
    shown = next(iter(before.values()))
    shown = shown[0] if isinstance(shown, list) else shown
    with time_machine.travel(NOW, tick=False):
        after = only(owner.delete(path), MEMBERS.get(level, level))
    expected = shown | {"name": shown["name"] + SUFFIX}
    if "updated_at" in after:
        expected["updated_at"] = after["updated_at"]
    assert after == expected


@pytest.mark.parametrize("level", LEVELS)
def test_it_is_gone_from_every_read_with_all_below_it(owner: Actor, ours: Hierarchy, level: str) -> None:
    paths = _paths(ours)
    only(owner.delete(paths[level]), MEMBERS.get(level, level))
    gone = LEVELS[LEVELS.index(level) :]
    for noun, path in paths.items():
        assert (owner.get(path).status_code == 404) == (noun in gone)
    lists = {
        "campaigns": "campaigns",
        "line_items": f"{paths['campaigns']}/line_items",
        "creative_groups": f"{paths['line_items']}/creative_groups",
        "creatives": f"{paths['creative_groups']}/creatives",
    }
    parent_stands = {noun: noun == "campaigns" or LEVELS[LEVELS.index(noun) - 1] not in gone for noun in LEVELS}
    for noun, path in lists.items():
        if parent_stands[noun]:
            assert accepted(owner.get(path))["pagination"]["total"] == (noun not in gone)
        else:
            refusal(owner.get(path), "not_found", 404)


@pytest.mark.parametrize("level", LEVELS)
def test_it_is_gone_from_the_navigation(owner: Actor, ours: Hierarchy, level: str) -> None:
    paths = _paths(ours)
    only(owner.delete(paths[level]), MEMBERS.get(level, level))
    answer = owner.get(f"{paths['campaigns']}/navigation")
    if level == "campaigns":
        refusal(answer, "not_found", 404)
        refusal(owner.get(f"external/campaigns/{ours.campaign.permalink}"), "not_found", 404)
        return
    shown = [only(answer, "campaign")]
    for noun in LEVELS[1 : LEVELS.index(level)]:
        shown = [child for parent in shown for child in parent[noun]]
        assert len(shown) == 1
    assert shown[0][level] == []


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_gone_can_be_neither_changed_nor_deleted_nor_filled(owner: Actor, ours: Hierarchy, level: str) -> None:
    paths = _paths(ours)
    only(owner.delete(paths[level]), MEMBERS.get(level, level))
    for noun in LEVELS[LEVELS.index(level) :]:
        wrapper = noun.removesuffix("s")
        refusal(owner.put(paths[noun], {wrapper: {"name": "Back again"}}), "not_found", 404)
        refusal(owner.delete(paths[noun]), "not_found", 404)
    if level != "creatives":
        refusal(owner.post(f"{paths['creative_groups']}/creatives", bodies.creative()), "not_found", 404)
    if level in {"campaigns", "line_items"}:
        refusal(owner.post(f"{paths['line_items']}/creative_groups", bodies.creative_group()), "not_found", 404)
    if level == "campaigns":
        refusal(owner.post(f"{paths['campaigns']}/line_items", bodies.line_item()), "not_found", 404)


def test_the_rows_stay(owner: Actor, ours: Hierarchy) -> None:
    with time_machine.travel(NOW, tick=False):
        only(owner.delete(f"campaigns/{ours.campaign.pk}"), "campaign")
    assert AdCampaign.objects.get(pk=ours.campaign.pk).name == ours.campaign.name + SUFFIX
    for model, row in ((AdLineItem, ours.line_item), (AdGroup, ours.group), (AdUnit, ours.creative)):
        assert model.objects.get(pk=row.pk).deleted_at is not None


def test_another_campaigns_children_stay(owner: Actor, ours: Hierarchy) -> None:
    other = owner.make_hierarchy()
    only(owner.delete(f"campaigns/{ours.campaign.pk}"), "campaign")
    for path in _paths(other).values():
        accepted(owner.get(path))


def test_name_and_permalink_are_free_again(owner: Actor, ours: Hierarchy) -> None:
    body = bodies.campaign(name=ours.campaign.name, permalink=ours.campaign.permalink)
    for _ in range(3):
        living = AdCampaign.objects.get(name=ours.campaign.name)
        only(owner.delete(f"campaigns/{living.pk}"), "campaign")
        created = only(owner.post("campaigns", body), "campaign")
        assert created["permalink"] == ours.campaign.permalink
        assert only(owner.get(f"external/campaigns/{created['permalink']}"), "campaign")["id"] == created["id"]


def test_the_longest_name_can_be_deleted(owner: Actor) -> None:
    campaign = only(owner.post("campaigns", bodies.campaign(name="x" * 255)), "campaign")
    with time_machine.travel("2026-12-25T22:44:00+00:00", tick=False):
        gone = only(owner.delete(f"campaigns/{campaign['id']}"), "campaign")
    assert gone["name"] == "x" * 255 + "[DELETED AT Dec 25, 2026 10:44 pm]"


def test_a_deleted_campaign_keeps_its_targets_in_the_answer(owner: Actor) -> None:
    targets = [{"attribute": "tag", "operator": "in", "values": ["gold"]}]
    campaign = only(owner.post("campaigns", bodies.campaign(targets=targets)), "campaign")
    assert only(owner.delete(f"campaigns/{campaign['id']}"), "campaign")["ad_bundle"]["targets"] == targets


def test_a_completed_row_can_be_deleted(owner: Actor, ours: Hierarchy) -> None:
    only(owner.put(f"campaigns/{ours.campaign.pk}", {"campaign": {"status": "completed"}}), "campaign")
    only(owner.delete(f"campaigns/{ours.campaign.pk}"), "campaign")


def test_a_body_of_a_delete_is_ignored(owner: Actor, ours: Hierarchy) -> None:
    only(owner.delete(f"campaigns/{ours.campaign.pk}", b"{not json"), "campaign")
