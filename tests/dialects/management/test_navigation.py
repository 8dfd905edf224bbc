"""The navigation: contract 1's sample, the order within every level, and what is not shown."""

from datetime import UTC, datetime

import pytest

from tests.dialects.management import samples
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import only, refusal
from tests.factories import Hierarchy, make_campaign, make_creative, make_group, make_line_item


@pytest.mark.django_db
@pytest.mark.parametrize("sample", samples.samples_of("navigation"))
def test_golden(sample: str) -> None:
    samples.check(sample)


def test_a_campaign_without_children(owner: Actor) -> None:
    campaign = make_campaign(owner.organization)
    assert only(owner.get(f"campaigns/{campaign.pk}/navigation"), "campaign") == {
        "id": campaign.pk,
        "name": campaign.name,
        "status": "live",
        "starts_at": "2021-12-31T05:00:00Z",
        "ends_at": "2022-01-04T05:00:00Z",
        "line_items": [],
    }


def test_groups_are_newest_first_and_each_has_its_own_creative(owner: Actor) -> None:
    campaign = make_campaign(owner.organization)
    line_item = make_line_item(campaign)
    groups = [make_group(line_item) for _ in range(3)]
    creatives = {groups[index].pk: make_creative(groups[index], owner.application).pk for index in (2, 0)}
    tree = only(owner.get(f"campaigns/{campaign.pk}/navigation"), "campaign")
    shown = tree["line_items"][0]["creative_groups"]
    assert [group["id"] for group in shown] == [group.pk for group in reversed(groups)]
    assert [[creative["id"] for creative in group["creatives"]] for group in shown] == [
        [creatives[groups[2].pk]],
        [],
        [creatives[groups[0].pk]],
    ]


def test_it_shows_another_campaigns_children_neither_of_ours_nor_of_theirs(
    owner: Actor, ours: Hierarchy, theirs: Hierarchy
) -> None:
    other = owner.make_hierarchy()
    shown = owner.get(f"campaigns/{ours.campaign.pk}/navigation").content.decode()
    for stranger in (other, theirs):
        assert stranger.line_item.name not in shown
        assert stranger.group.name not in shown
        assert stranger.creative.name not in shown


def test_times_are_those_of_the_other_answers(owner: Actor) -> None:
    starts_at = datetime(1, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)
    ends_at = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    campaign = make_campaign(owner.organization, starts_at=starts_at, ends_at=ends_at)
    shown = only(owner.get(f"campaigns/{campaign.pk}"), "campaign")
    tree = only(owner.get(f"campaigns/{campaign.pk}/navigation"), "campaign")
    assert (shown["starts_at"], shown["ends_at"]) == ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    assert (tree["starts_at"], tree["ends_at"]) == (shown["starts_at"], shown["ends_at"])


def test_a_missing_campaign(owner: Actor) -> None:
    refusal(owner.get("campaigns/999999999/navigation"), "not_found", 404)
