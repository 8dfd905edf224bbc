"""The management dialect: another's object answers byte for byte like a missing one, and stays as it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from campaigns.models import (
    Achievement,
    AdGroup,
    AdLineItem,
    AdTarget,
    AdUnit,
    Delivery,
    Destination,
    MessageTemplate,
    Offer,
)
from customers.models import CustomerField
from tests.contents import contents
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import refusal
from tests.factories import (
    Hierarchy,
    make_achievement,
    make_destination,
    make_field,
    make_goal,
    make_group,
    make_offer,
    make_target,
    make_template,
)

MISSING = 999_999_999
Address = Callable[[Hierarchy], str]


def behavior_of(rows: Hierarchy) -> Achievement:
    """The one behavior of a campaign."""
    return Achievement.objects.get(campaign=rows.campaign, composite=None)


def _of(model: type[Any], rows: Hierarchy) -> Any:
    return model.objects.get(organization=rows.campaign.organization)


# Every address that names a row, and how to spell it for a given hierarchy.
ADDRESSES: dict[str, Address] = {
    "campaigns/:id": lambda rows: f"campaigns/{rows.campaign.pk}",
    "external/campaigns/:permalink": lambda rows: f"external/campaigns/{rows.campaign.permalink}",
    "campaigns/:id/navigation": lambda rows: f"campaigns/{rows.campaign.pk}/navigation",
    "campaigns/:id/behaviors": lambda rows: f"campaigns/{rows.campaign.pk}/behaviors",
    "behaviors/:id": lambda rows: f"behaviors/{behavior_of(rows).pk}",
    "offers/:id": lambda rows: f"offers/{Offer.objects.get(organization=rows.campaign.organization).pk}",
    "fields/:name": lambda rows: f"fields/{_of(CustomerField, rows).name}",
    "destinations/:id": lambda rows: f"destinations/{_of(Destination, rows).pk}",
    "destinations/:id/test": lambda rows: f"destinations/{_of(Destination, rows).pk}/test",
    "templates/:key": lambda rows: f"templates/{_of(MessageTemplate, rows).key}",
    "campaigns/:id/line_items": lambda rows: f"campaigns/{rows.campaign.pk}/line_items",
    "line_items/:id": lambda rows: f"line_items/{rows.line_item.pk}",
    "line_items/:id/creative_groups": lambda rows: f"line_items/{rows.line_item.pk}/creative_groups",
    "creative_groups/:id": lambda rows: f"creative_groups/{rows.group.pk}",
    "creative_groups/:id/creatives": lambda rows: f"creative_groups/{rows.group.pk}/creatives",
    "creatives/:id": lambda rows: f"creatives/{rows.creative.pk}",
    "creatives/:id/delivery": lambda rows: f"creatives/{rows.creative.pk}/delivery",
    "creatives/:id/delivery/file": lambda rows: f"creatives/{rows.creative.pk}/delivery/file",
    "campaigns/:id/audience/preview": lambda rows: f"campaigns/{rows.campaign.pk}/audience/preview",
    "creative_groups/:id/audience/preview": lambda rows: f"creative_groups/{rows.group.pk}/audience/preview",
    "creatives/:id/audience/preview": lambda rows: f"creatives/{rows.creative.pk}/audience/preview",
}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
WRITES: dict[str, Any] = {
    "campaign": bodies.campaign(name="Taken over"),
    "line_item": bodies.line_item(name="Taken over"),
    "creative_group": bodies.creative_group(name="Taken over"),
    "creative": bodies.creative(name="Taken over"),
    "behavior": bodies.behavior(name="Taken over"),
    "field": bodies.field(name="taken-over"),
    "destination": bodies.destination(name="Taken over"),
    "template": bodies.template(text="Taken over"),
}
BODIES: list[object] = [
    None,
    b"{not json",
    [],
    {},
    {"campaign": {}, "line_item": {}, "creative_group": {}, "creative": {}},
    *WRITES.values(),
    *({wrapper: attributes[wrapper] | {"name": 7}} for wrapper, attributes in WRITES.items()),
    *({wrapper: attributes[wrapper] | {"test": 7}} for wrapper, attributes in WRITES.items()),
    *({wrapper: {"name": "Taken over"}} for wrapper in WRITES),
    *({wrapper: {"status": "completed"}} for wrapper in WRITES),
    {"creative": {"issue_audience_csv": {"template_id": "Taken over"}}},
    {"creative": {"issue_audience_csv": {"colour": "red"}}},
    {"creative": {"push_message": {"template_id": "Taken over"}}},
    {"campaign": {"targets": [{"attribute": "tag", "operator": "in", "values": ["x"]}]}},
    {"creative_group": {"targets": []}},
]


@pytest.fixture
def owner(db: None) -> Actor:  # noqa: ARG001
    """The organization whose rows these are."""
    return Actor.of()


@pytest.fixture
def outsider(db: None) -> Actor:  # noqa: ARG001
    """A caller from another organization."""
    return Actor.of()


@pytest.fixture
def theirs(owner: Actor, tmp_path: Path, settings: Any) -> Hierarchy:
    """A campaign with everything, of the owner's organization; its message has been delivered."""
    rows = owner.make_hierarchy()
    make_target(rows.bundle)
    make_target(rows.group)
    make_goal(make_achievement(rows.campaign))
    make_offer(rows.campaign.organization)
    make_field(rows.campaign.organization, "theirs", "string")
    make_destination(rows.campaign.organization, settings={"url": "http://127.0.0.1:9/nobody"})
    make_template(rows.campaign.organization, key="theirs")
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"audiences": {"BACKEND": backend, "OPTIONS": {"location": tmp_path}}}
    name = storages["audiences"].save("audience.csv", ContentFile(b"external_id\r\n"))
    of = {"organization": rows.campaign.organization, "campaign": rows.campaign, "creative": rows.creative}
    Delivery.objects.create(scheduled_for=rows.campaign.starts_at, state="complete", file_name=name, **of)
    return rows


def _answer(actor: Actor, method: str, path: str, body: object) -> tuple[int, bytes, dict[str, str]]:
    answer = actor.send(method, path, body)
    return answer.status_code, answer.content, dict(answer.items())


def _missing(address: str) -> str:
    missing = {":id": str(MISSING), ":permalink": "no-such-permalink", ":name": "nothing", ":key": "nothing"}
    for place, name in missing.items():
        address = address.replace(place, name)
    return address


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_theirs_answers_like_a_missing_one(outsider: Actor, theirs: Hierarchy, address: str, method: str) -> None:
    before = contents()
    path = ADDRESSES[address](theirs)
    for body in BODIES if method in {"POST", "PUT"} else BODIES[:2]:
        assert _answer(outsider, method, path, body) == _answer(outsider, method, _missing(address), body), body
    assert contents() == before


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_addresses_of_these_tests_are_the_owners(owner: Actor, theirs: Hierarchy, address: str) -> None:
    method = "POST" if address.endswith(("preview", "test")) else "GET"
    answer = owner.send(method, ADDRESSES[address](theirs))
    assert (answer.status_code, answer.getvalue()[:1] in {b"{", b"e"}) == (200, True)


@pytest.mark.parametrize("address", ["campaigns/:id/line_items", "line_items/:id/creative_groups"])
def test_no_child_is_made_below_theirs(outsider: Actor, owner: Actor, address: str) -> None:
    """Where a valid child would be accepted from its owner."""
    rows = owner.make_hierarchy()
    AdUnit.objects.all().delete()
    AdGroup.objects.all().delete()
    if address.startswith("campaigns"):
        AdLineItem.objects.all().delete()
    path = ADDRESSES[address](rows)
    for body in WRITES.values():
        assert _answer(outsider, "POST", path, body) == _answer(outsider, "POST", _missing(address), body)
    assert not AdGroup.objects.exists()


def test_no_creative_is_made_in_their_empty_group(outsider: Actor, theirs: Hierarchy) -> None:
    path = f"creative_groups/{make_group(theirs.line_item).pk}/creatives"
    missing = f"creative_groups/{MISSING}/creatives"
    body = bodies.creative(application_id=outsider.application.pk)
    assert _answer(outsider, "POST", path, body) == _answer(outsider, "POST", missing, body)
    assert AdUnit.objects.count() == 1


def test_their_ids_inside_a_body_answer_like_missing_ones(outsider: Actor, owner: Actor, theirs: Hierarchy) -> None:
    mine = outsider.make_hierarchy()
    group = make_group(mine.line_item)
    path = f"creative_groups/{group.pk}/creatives"
    achievement = make_achievement(theirs.campaign).pk
    before = contents()
    answers = set()
    for number in (owner.application.pk, MISSING):
        answers.add(_answer(outsider, "POST", path, bodies.creative(application_id=number))[:2])
        change = {"creative": {"application_id": number}}
        answers.add(_answer(outsider, "PUT", f"creatives/{mine.creative.pk}", change)[:2])
    assert len(answers) == 1
    answers = set()
    for number in (achievement, MISSING):
        message = {"delivery_method": "triggered", "achievement_id": number}
        answers.add(_answer(outsider, "POST", path, bodies.creative(issue_audience_csv=message))[:2])
    assert len(answers) == 1
    assert contents() == before


def test_no_behavior_is_made_or_named_across_organizations(outsider: Actor, theirs: Hierarchy) -> None:
    """Neither in their campaign, nor with their offer, creative or goal in ours."""
    mine = outsider.make_hierarchy()
    own = make_achievement(mine.campaign)
    guid = Offer.objects.get().guid
    goal_id = Achievement.objects.get(composite=behavior_of(theirs)).pk
    before = contents()
    valid = bodies.behaviors()
    answers = [
        _answer(outsider, "POST", f"campaigns/{campaign_id}/behaviors/_batch", valid)
        for campaign_id in (theirs.campaign.pk, MISSING)
    ]
    for of_theirs, missing in (
        ({"outcome_config": [{"deal": {"id": guid}}]}, {"outcome_config": [{"deal": {"id": "nobody's"}}]}),
        (
            {"outcome_config": [{"ad_unit": {"id": theirs.creative.pk}}]},
            {"outcome_config": [{"ad_unit": {"id": MISSING}}]},
        ),
        (
            {"goal_groups": [{"goals": [bodies.goal(id=goal_id)]}]},
            {"goal_groups": [{"goals": [bodies.goal(id=MISSING)]}]},
        ),
    ):
        answers += [
            _answer(outsider, "PUT", f"behaviors/{own.pk}", {"behavior": change}) for change in (of_theirs, missing)
        ]
    for first, second in zip(answers[::2], answers[1::2], strict=True):
        assert first == second
    assert contents() == before


def test_lists_and_filters_show_nothing_of_theirs(outsider: Actor, theirs: Hierarchy) -> None:
    name = theirs.campaign.name.replace(" ", "%20")
    for query in ("", "?limit=100", f"?name={name}", "?status=live", "?updated_since=2000-01-01"):
        assert outsider.get(f"campaigns{query}").json()["pagination"]["total"] == 0
    assert outsider.get("offers").json()["pagination"]["total"] == 0
    for query in ("", "?state=complete"):
        listed = outsider.get(f"deliveries{query}").json()
        assert (listed["deliveries"], listed["pagination"]["total"]) == ([], 0)


def test_a_path_with_their_key_is_not_opened_by_ours(outsider: Actor, owner: Actor, theirs: Hierarchy) -> None:
    before = contents()
    for address in ADDRESSES.values():
        for method in ("GET", "PUT", "DELETE", "POST"):
            path = f"/priv/v1/apps/{owner.application.api_key}/management/{address(theirs)}"
            answer = outsider.client.generic(method, path, headers={"Authorization": outsider.authorization})
            refusal(answer, "access_denied", 401)
    assert contents() == before


def test_deleting_ours_leaves_theirs(outsider: Actor, theirs: Hierarchy) -> None:
    mine = outsider.make_hierarchy(name=theirs.campaign.name, permalink=theirs.campaign.permalink)
    outsider.delete(f"external/campaigns/{mine.campaign.permalink}")
    for row in (theirs.campaign, theirs.line_item, theirs.group, theirs.creative):
        row.refresh_from_db()
        assert row.deleted_at is None


def test_replacing_our_targets_leaves_theirs(outsider: Actor, theirs: Hierarchy) -> None:
    mine = outsider.make_hierarchy()
    outsider.put(f"campaigns/{mine.campaign.pk}", {"campaign": {"targets": []}})
    outsider.put(f"creative_groups/{mine.group.pk}", {"creative_group": {"targets": []}})
    assert AdTarget.objects.filter(bundle=theirs.bundle).count() == 1
    assert AdTarget.objects.filter(creative_group=theirs.group).count() == 1
