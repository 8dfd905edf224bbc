"""What GET gave may be sent to PUT as it is; nothing changes, and nothing read-only can be changed (contract 5, A)."""

import pytest

from campaigns.models import AdCampaign
from tests.contents import contents
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, refusal
from tests.factories import Hierarchy, make_destination, make_field, make_target, make_template

NOUNS = {
    "campaigns/{0.campaign.pk}": ("campaign", "id"),
    "external/campaigns/{0.campaign.permalink}": ("campaign", "created_at"),
    "line_items/{0.line_item.pk}": ("line_item", "campaign_id"),
    "creative_groups/{0.group.pk}": ("creative_group", "line_item_id"),
    "creatives/{0.creative.pk}": ("creative", "creative_group_id"),
    "fields/tier": ("field", "unique_since"),
    "destinations/{1}": ("destination", "secrets_set"),
    "templates/welcome": ("template", "updated_at"),
}


@pytest.fixture
def scene(owner: Actor, ours: Hierarchy) -> tuple[Hierarchy, int]:
    """One of everything; the campaign says whatever one can say."""
    AdCampaign.objects.filter(pk=ours.campaign.pk).update(
        owner="me", category="x", priority=3, group_name="g", holdout_percent=5, price_per_impression="0.25"
    )
    make_target(ours.bundle)
    make_target(ours.group)
    make_field(owner.organization, "tier", "string")
    make_template(owner.organization, key="welcome")
    return ours, make_destination(owner.organization).pk


def _shown(owner: Actor, path: str, noun: str) -> dict[str, object]:
    answer = accepted(owner.get(path))
    shown: dict[str, object] = answer[noun] if noun in answer else answer[f"{noun}s"][0]
    return shown


@pytest.mark.parametrize("template", NOUNS)
def test_what_get_gave_is_accepted_and_changes_nothing(
    owner: Actor, scene: tuple[Hierarchy, int], template: str
) -> None:
    path, (noun, _) = template.format(*scene), NOUNS[template]
    shown = _shown(owner, path, noun)
    accepted(owner.put(path, {noun: shown}))
    again = _shown(owner, path, noun)
    assert {**again, "updated_at": None} == {**shown, "updated_at": None}


@pytest.mark.parametrize("template", NOUNS)
def test_a_read_only_attribute_with_another_value_is_refused(
    owner: Actor, scene: tuple[Hierarchy, int], template: str
) -> None:
    path, (noun, name) = template.format(*scene), NOUNS[template]
    shown = _shown(owner, path, noun)
    before = contents()
    fields = refusal(owner.put(path, {noun: shown | {name: "another"}}), "argument_error")
    assert fields == {name: ["This attribute can't be changed."]}
    fields = refusal(owner.put(path, {noun: shown | {"colour": 1}}), "argument_error")
    assert fields == {"colour": ["Unknown attribute."]}
    assert contents() == before


def test_a_new_row_has_no_read_only_attributes(owner: Actor) -> None:
    body = bodies.campaign()
    assert "id" in refusal(owner.post("campaigns", {"campaign": body["campaign"] | {"id": 1}}), "argument_error")
