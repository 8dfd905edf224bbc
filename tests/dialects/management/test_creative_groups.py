"""Creative groups: contract 1's samples and the rest of the table of attributes."""

import pytest

from campaigns.models import AdGroup
from tests.dialects.management import bodies, samples
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, only, refusal
from tests.factories import Hierarchy, make_campaign, make_line_item

MEMBERS = {"ends_at", "id", "line_item_id", "name", "starts_at", "status"}


@pytest.mark.django_db
@pytest.mark.parametrize("sample", samples.samples_of("creative_groups"))
def test_golden(sample: str) -> None:
    samples.check(sample)


@pytest.mark.parametrize("name", ["name", "starts_at", "ends_at", "status"])
def test_create_without_a_required_attribute(owner: Actor, name: str) -> None:
    line_item = make_line_item(make_campaign(owner.organization))
    body = bodies.without(bodies.creative_group(), name)
    assert refusal(owner.post(f"line_items/{line_item.pk}/creative_groups", body), "missing_data").keys() == {name}
    assert not AdGroup.objects.exists()


def test_a_display_name_is_written_read_and_cleared(owner: Actor, ours: Hierarchy) -> None:
    path = f"line_items/{ours.line_item.pk}/creative_groups"
    created = only(owner.post(path, bodies.creative_group(display_name="Shown")), "creative_groups")
    assert created.keys() == MEMBERS | {"display_name"}
    assert created["display_name"] == "Shown"
    path = f"creative_groups/{created['id']}"
    assert only(owner.get(path), "creative_groups") == created
    cleared = only(owner.put(path, {"creative_group": {"display_name": None}}), "creative_groups")
    assert cleared.get("display_name") is None


def test_a_container_has_any_number_of_groups_even_of_one_name(owner: Actor, ours: Hierarchy) -> None:
    path = f"line_items/{ours.line_item.pk}/creative_groups"
    made = [only(owner.post(path, bodies.creative_group(name="Same")), "creative_groups")["id"] for _ in range(3)]
    shown = accepted(owner.get(path))["creative_groups"]
    assert [group["id"] for group in shown] == [*reversed(made), ours.group.pk]


def test_below_a_missing_container(owner: Actor) -> None:
    refusal(owner.get("line_items/999999999/creative_groups"), "not_found", 404)
    refusal(owner.post("line_items/999999999/creative_groups", bodies.creative_group()), "not_found", 404)
    assert not AdGroup.objects.exists()
