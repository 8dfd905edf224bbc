"""Creatives: contract 1's samples, the one creative of a group, every pair of types, the calling application."""

import itertools

import pytest

from campaigns.models import AdUnit
from tests.dialects.management import bodies, samples
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, only, refusal
from tests.factories import Hierarchy, make_creative, make_group

# The pairs of contract 1, Response Attributes for Creatives.
PAIRS = {
    ("issue_audience_csv", "issue-audience-csv"),
    ("issue_audience_csv_no_msg", "issue-audience-csv-no-msg"),
    ("issue_bulk_offer", "issue-bulk-offer"),
    ("audience_export", "audience-export-airship"),
    ("audience_export", "audience-export-cheetah"),
    ("audience_export", "audience-export-s3"),
    ("audience_export", "audience-export-facebook"),
    ("messaging_platform", "messaging-platform-external"),
    ("email_message", "messaging-platform-email"),
    ("push_message", "messaging-platform-push"),
}
WRONG_PAIRS = set(itertools.product(dict(PAIRS), {creative_type for _, creative_type in PAIRS})) - PAIRS


@pytest.fixture
def creatives(owner: Actor, ours: Hierarchy) -> str:
    """The path of a group that has no creative yet."""
    assert owner.organization == ours.campaign.organization
    return f"creative_groups/{make_group(ours.line_item).pk}/creatives"


@pytest.mark.django_db
@pytest.mark.parametrize("sample", samples.samples_of("creatives"))
def test_golden(sample: str) -> None:
    samples.check(sample)


@pytest.mark.parametrize("name", ["name", "ad_type", "creative_type", "status"])
def test_create_without_a_required_attribute(owner: Actor, creatives: str, name: str) -> None:
    fields = refusal(owner.post(creatives, bodies.without(bodies.creative(), name)), "missing_data")
    assert name in fields
    assert accepted(owner.get(creatives))["creatives"] == []


def test_a_second_creative_is_refused(owner: Actor, ours: Hierarchy) -> None:
    path = f"creative_groups/{ours.group.pk}/creatives"
    assert refusal(owner.post(path, bodies.creative()), "validation")
    assert AdUnit.objects.count() == 1


def test_a_creative_may_follow_one_that_was_deleted(owner: Actor, ours: Hierarchy) -> None:
    only(owner.delete(f"creatives/{ours.creative.pk}"), "creatives")
    path = f"creative_groups/{ours.group.pk}/creatives"
    created = only(owner.post(path, bodies.creative(name=ours.creative.name)), "creatives")
    assert [shown["id"] for shown in accepted(owner.get(path))["creatives"]] == [created["id"]]


@pytest.mark.parametrize(("ad_type", "creative_type"), sorted(PAIRS))
def test_every_pair_of_types_is_accepted(owner: Actor, creatives: str, ad_type: str, creative_type: str) -> None:
    created = only(owner.post(creatives, bodies.creative(ad_type, creative_type=creative_type)), "creatives")
    assert (created["ad_type"], created["creative_type"]) == (ad_type, creative_type)
    assert created[ad_type]["delivery_method"] == "scheduled"
    assert not created.keys() & (dict(PAIRS).keys() - {ad_type})
    assert only(owner.get(f"creatives/{created['id']}"), "creatives") == created


def test_every_wrong_pair_of_types_is_refused(owner: Actor, creatives: str) -> None:
    for ad_type, creative_type in sorted(WRONG_PAIRS):
        body = bodies.creative(ad_type, creative_type=creative_type)
        assert refusal(owner.post(creatives, body), "validation").keys() == {"creative_type"}, body
    assert accepted(owner.get(creatives))["creatives"] == []


def test_a_pair_is_checked_on_an_update_too(owner: Actor, ours: Hierarchy) -> None:
    path = f"creatives/{ours.creative.pk}"
    for change in ({"creative_type": "issue-bulk-offer"}, {"ad_type": "push_message"}):
        assert refusal(owner.put(path, {"creative": change}), "validation").keys() == {"creative_type"}
    both = {"ad_type": "push_message", "creative_type": "messaging-platform-push"}
    changed = only(owner.put(path, {"creative": both}), "creatives")
    assert changed["push_message"]["delivery_method"] == "scheduled"
    assert "issue_audience_csv" not in changed


@pytest.mark.parametrize("attribute", ["ad_type", "creative_type"])
@pytest.mark.parametrize("value", ["", "unknown", "ISSUE_AUDIENCE_CSV", 1, True, [], {}, ["issue_audience_csv"]])
def test_an_unknown_type_is_refused(owner: Actor, creatives: str, attribute: str, value: object) -> None:
    body = bodies.creative()
    body["creative"][attribute] = value
    assert refusal(owner.post(creatives, body), "validation").keys() == {attribute}


def test_the_message_must_stand_under_its_ad_type(owner: Actor, creatives: str) -> None:
    body = bodies.creative("push_message", creative_type="messaging-platform-push")
    body["creative"]["email_message"] = body["creative"].pop("push_message")
    fields = refusal(owner.post(creatives, body), "missing_data")
    assert fields.keys() == {"push_message", "email_message"}


def test_the_calling_application_is_the_default(teammate: Actor, creatives: str) -> None:
    created = only(teammate.post(creatives, bodies.creative()), "creatives")
    assert created["application_id"] == teammate.application.pk


def test_an_application_of_the_organization_may_be_named(owner: Actor, teammate: Actor, creatives: str) -> None:
    created = only(owner.post(creatives, bodies.creative(application_id=teammate.application.pk)), "creatives")
    assert created["application_id"] == teammate.application.pk
    changed = owner.put(f"creatives/{created['id']}", {"creative": {"application_id": owner.application.pk}})
    assert only(changed, "creatives")["application_id"] == owner.application.pk


def test_an_update_by_a_teammate_keeps_the_application(owner: Actor, teammate: Actor, ours: Hierarchy) -> None:
    changed = only(teammate.put(f"creatives/{ours.creative.pk}", {"creative": {"name": "Renamed"}}), "creatives")
    assert changed["application_id"] == owner.application.pk


@pytest.mark.parametrize("foreign", [True, False])
def test_a_foreign_or_missing_application_is_not_found(
    owner: Actor, outsider: Actor, ours: Hierarchy, creatives: str, *, foreign: bool
) -> None:
    number = outsider.application.pk if foreign else 999_999_999
    refusal(owner.post(creatives, bodies.creative(application_id=number)), "not_found", 404)
    refusal(owner.put(f"creatives/{ours.creative.pk}", {"creative": {"application_id": number}}), "not_found", 404)
    ours.creative.refresh_from_db()
    assert ours.creative.application_id == owner.application.pk
    assert AdUnit.objects.count() == 1


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, 1.0, "1", True, None, [], {}])
def test_an_application_id_is_an_integer(owner: Actor, creatives: str, number: object) -> None:
    answer = owner.post(creatives, bodies.creative(application_id=number))
    assert refusal(answer, "validation").keys() == {"application_id"}


def test_a_display_name_is_written_and_read(owner: Actor, creatives: str) -> None:
    created = only(owner.post(creatives, bodies.creative(ssap_name="Shown")), "creatives")
    assert created["ssap_name"] == "Shown"
    assert only(owner.get(f"creatives/{created['id']}"), "creatives") == created


def test_an_update_changes_what_is_present_and_nothing_else(owner: Actor, ours: Hierarchy) -> None:
    path = f"creatives/{ours.creative.pk}"
    before = only(owner.get(path), "creatives")
    after = only(owner.put(path, {"creative": {"status": "live"}}), "creatives")
    assert after == before | {"status": "live"}
    assert only(owner.get(path), "creatives") == after


def test_an_empty_group_and_a_missing_group(owner: Actor, ours: Hierarchy) -> None:
    group = make_group(ours.line_item)
    assert accepted(owner.get(f"creative_groups/{group.pk}/creatives"))["creatives"] == []
    refusal(owner.get("creative_groups/999999999/creatives"), "not_found", 404)
    refusal(owner.post("creative_groups/999999999/creatives", bodies.creative()), "not_found", 404)


def test_the_list_of_a_group_shows_its_own_creative_only(owner: Actor, ours: Hierarchy) -> None:
    other = make_creative(make_group(ours.line_item), owner.application)
    shown = accepted(owner.get(f"creative_groups/{ours.group.pk}/creatives"))["creatives"]
    assert [creative["id"] for creative in shown] == [ours.creative.pk]
    assert other.pk != ours.creative.pk
