"""The message object of a creative: delivery, merging, offers, lateness (contract 4, section A)."""

from typing import Any

import pytest

from campaigns.models import AdUnit
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import only, refusal
from tests.factories import Hierarchy, make_achievement, make_campaign, make_group, make_offer, make_organization

KEY = "issue_audience_csv"
CLEARABLE: dict[str, Any] = {
    "template_id": "template",
    "issue_offer_date": "2022-01-01T00:00:00+00:00",
    "next_ad_type": "banner",
    "orientation": "landscape",
    "portal_description": "Look",
    "portal_icon": "/icon.png",
    "second_sn_audience_guid": "guid",
    "trigger_type": "special",
}


@pytest.fixture
def creatives(owner: Actor, ours: Hierarchy) -> str:
    """The path of a group that has no creative yet."""
    assert owner.organization == ours.campaign.organization
    return f"creative_groups/{make_group(ours.line_item).pk}/creatives"


def _change(owner: Actor, ours: Hierarchy, **members: Any) -> Any:
    return owner.put(f"creatives/{ours.creative.pk}", {"creative": {KEY: members}})


def _shown(owner: Actor, ours: Hierarchy) -> dict[str, Any]:
    message: dict[str, Any] = only(owner.get(f"creatives/{ours.creative.pk}"), "creatives")[KEY]
    return message


def test_a_scheduled_message_needs_a_date(owner: Actor, creatives: str) -> None:
    for message in ({"delivery_method": "scheduled"}, bodies.message(scheduled_delivery_date=None)):
        fields = refusal(owner.post(creatives, bodies.creative(**{KEY: message})), "missing_data")
        assert fields.keys() == {"scheduled_delivery_date"}
    assert AdUnit.objects.count() == 1


def test_a_triggered_message_needs_a_behavior(owner: Actor, creatives: str) -> None:
    for message in ({"delivery_method": "triggered"}, {"delivery_method": "triggered", "achievement_id": None}):
        fields = refusal(owner.post(creatives, bodies.creative(**{KEY: message})), "missing_data")
        assert fields.keys() == {"achievement_id"}
    assert AdUnit.objects.count() == 1


@pytest.mark.parametrize("message", [None, {}])
def test_a_message_needs_a_delivery_method(owner: Actor, creatives: str, message: object) -> None:
    refusal(owner.post(creatives, bodies.creative(**{KEY: message})), "missing_data")
    refusal(owner.post(creatives, bodies.without(bodies.creative(), KEY)), "missing_data")
    assert AdUnit.objects.count() == 1


@pytest.mark.parametrize("method", ["", "Scheduled", "immediate", 1, True, [], {}])
def test_an_unknown_delivery_method(owner: Actor, creatives: str, method: object) -> None:
    body = bodies.creative(**{KEY: bodies.message(delivery_method=method)})
    assert refusal(owner.post(creatives, body), "validation").keys() == {"delivery_method"}


def test_a_triggered_message_of_the_same_campaigns_behavior(owner: Actor, ours: Hierarchy, creatives: str) -> None:
    achievement = make_achievement(ours.campaign)
    message = {"delivery_method": "triggered", "achievement_id": achievement.pk}
    created = only(owner.post(creatives, bodies.creative(**{KEY: message})), "creatives")
    assert message.items() <= created[KEY].items()
    assert created[KEY].get("scheduled_delivery_date") is None
    assert only(owner.get(f"creatives/{created['id']}"), "creatives") == created


def test_the_behavior_of_another_campaign_or_organization(
    owner: Actor, ours: Hierarchy, theirs: Hierarchy, creatives: str
) -> None:
    other_campaign = make_achievement(make_campaign(owner.organization))
    answers = []
    for number in (other_campaign.pk, make_achievement(theirs.campaign).pk, 999_999_999):
        message = {"delivery_method": "triggered", "achievement_id": number}
        answers.append(owner.post(creatives, bodies.creative(**{KEY: message})).content)
        assert refusal(_change(owner, ours, **message), "validation").keys() == {"achievement_id"}
    assert len(set(answers)) == 1
    assert AdUnit.objects.filter(organization=owner.organization).count() == 1
    ours.creative.refresh_from_db()
    assert (ours.creative.delivery_method, ours.creative.achievement_id) == ("scheduled", None)


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, 1.0, "1", True, [], {}])
def test_an_achievement_id_is_an_integer(owner: Actor, creatives: str, number: object) -> None:
    message = {"delivery_method": "triggered", "achievement_id": number}
    fields = refusal(owner.post(creatives, bodies.creative(**{KEY: message})), "validation")
    assert fields.keys() == {"achievement_id"}


def test_from_scheduled_to_triggered_and_back(owner: Actor, ours: Hierarchy) -> None:
    achievement = make_achievement(ours.campaign)
    assert refusal(_change(owner, ours, delivery_method="triggered"), "missing_data").keys() == {"achievement_id"}
    only(_change(owner, ours, delivery_method="triggered", achievement_id=achievement.pk), "creatives")
    assert _shown(owner, ours)["achievement_id"] == achievement.pk
    answer = _change(owner, ours, delivery_method="scheduled", scheduled_delivery_date="2022-01-03T00:00:00Z")
    assert only(answer, "creatives")[KEY]["scheduled_delivery_date"] == "2022-01-03T00:00:00+00:00"
    assert _shown(owner, ours).get("achievement_id") is None


def test_what_is_needed_can_not_be_cleared(owner: Actor, ours: Hierarchy) -> None:
    answer = _change(owner, ours, scheduled_delivery_date=None)
    assert answer.json()["status"] == "error"
    assert answer.json()["errors"]["fields"].keys() == {"scheduled_delivery_date"}
    assert _shown(owner, ours)["scheduled_delivery_date"] == "2022-01-02T05:00:00+00:00"


def test_an_update_is_merged_member_by_member(owner: Actor, ours: Hierarchy) -> None:
    before = _shown(owner, ours)
    for name, value in CLEARABLE.items():
        before[name] = value
        assert only(_change(owner, ours, **{name: value}), "creatives")[KEY] == before
    assert _shown(owner, ours) == before


def test_null_clears(owner: Actor, ours: Hierarchy) -> None:
    only(_change(owner, ours, **CLEARABLE), "creatives")
    before = _shown(owner, ours)
    for name in CLEARABLE:
        before[name] = None
        assert only(_change(owner, ours, **{name: None}), "creatives")[KEY] == before
    assert _shown(owner, ours) == before


def test_a_create_may_say_everything(owner: Actor, creatives: str) -> None:
    guids = [make_offer(owner.organization).guid for _ in range(2)]
    message: dict[str, Any] = bodies.message(**CLEARABLE, offer_ids=guids, lateness_window=60)
    created = only(owner.post(creatives, bodies.creative(**{KEY: message})), "creatives")
    assert created[KEY] == message
    assert only(owner.get(f"creatives/{created['id']}"), "creatives") == created


def test_every_creative_has_a_guid_of_its_own(owner: Actor, ours: Hierarchy) -> None:
    guids = set()
    for _ in range(3):
        path = f"creative_groups/{make_group(ours.line_item).pk}/creatives"
        guids.add(only(owner.post(path, bodies.creative()), "creatives")[KEY]["second_sn_audience_guid"])
    assert len(guids) == 3


def test_unknown_members(owner: Actor, ours: Hierarchy, creatives: str) -> None:
    fields = refusal(_change(owner, ours, colour="red", template_id="x"), "argument_error")
    assert fields.keys() == {"colour"}
    body = bodies.creative(**{KEY: bodies.message(colour="red", size=1)})
    assert refusal(owner.post(creatives, body), "argument_error").keys() == {"colour", "size"}
    assert _shown(owner, ours)["template_id"] is None


def test_a_message_that_is_no_object(owner: Actor, ours: Hierarchy, creatives: str) -> None:
    wrong: list[object] = [[], "text", 1, True, [{}]]
    for message in wrong:
        assert refusal(owner.post(creatives, bodies.creative(**{KEY: message})), "validation").keys() == {KEY}
        answer = owner.put(f"creatives/{ours.creative.pk}", {"creative": {KEY: message}})
        assert refusal(answer, "validation").keys() == {KEY}


def test_another_types_message_is_an_unknown_attribute(owner: Actor, ours: Hierarchy) -> None:
    answer = owner.put(f"creatives/{ours.creative.pk}", {"creative": {"push_message": bodies.message()}})
    assert refusal(answer, "argument_error").keys() == {"push_message"}


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, "a\x00b", "x" * 5000])
def test_members_of_the_wrong_type(owner: Actor, ours: Hierarchy, value: object) -> None:
    names = CLEARABLE.keys() - {"issue_offer_date"}
    fields = refusal(_change(owner, ours, **dict.fromkeys(names, value)), "validation")
    assert fields.keys() == names


def test_offers(owner: Actor, ours: Hierarchy) -> None:
    assert _shown(owner, ours)["offer_ids"] == []
    for guid in ("a", "b"):
        make_offer(owner.organization, guid=guid)
    theirs = make_offer(make_organization(), guid="theirs")
    fields = refusal(_change(owner, ours, offer_ids=["b", theirs.guid, "none"]), "validation")
    assert fields == {"offer_ids": ["There is no offer none.", "There is no offer theirs."]}
    assert _shown(owner, ours)["offer_ids"] == []
    only(_change(owner, ours, offer_ids=["b", "a"]), "creatives")
    assert _shown(owner, ours)["offer_ids"] == ["b", "a"]
    only(_change(owner, ours, offer_ids=None), "creatives")
    assert _shown(owner, ours)["offer_ids"] == []


@pytest.mark.parametrize("offers", ["a", 1, True, {}, [1], [None], [[]], [""], ["a", {}], ["a\x00"], ["x" * 256]])
def test_offers_of_the_wrong_type(owner: Actor, ours: Hierarchy, offers: object) -> None:
    assert refusal(_change(owner, ours, offer_ids=offers), "validation").keys() == {"offer_ids"}


@pytest.mark.parametrize("seconds", [0, 1, 86_400, 2**31 - 1])
def test_a_lateness_window(owner: Actor, ours: Hierarchy, seconds: int) -> None:
    assert only(_change(owner, ours, lateness_window=seconds), "creatives")[KEY]["lateness_window"] == seconds
    assert _shown(owner, ours)["lateness_window"] == seconds


@pytest.mark.parametrize("seconds", [-1, 2**31, 10**30, 1.5, "60", True, [], {}])
def test_a_lateness_window_of_the_wrong_type(owner: Actor, ours: Hierarchy, seconds: object) -> None:
    assert refusal(_change(owner, ours, lateness_window=seconds), "validation").keys() == {"lateness_window"}


def test_the_lateness_window_is_a_day_where_none_was_given(owner: Actor, ours: Hierarchy) -> None:
    assert _shown(owner, ours).get("lateness_window", 86_400) == 86_400
    only(_change(owner, ours, lateness_window=0), "creatives")
    only(_change(owner, ours, lateness_window=None), "creatives")
    assert _shown(owner, ours).get("lateness_window", 86_400) == 86_400
