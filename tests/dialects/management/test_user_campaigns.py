"""Campaigns of one customer and performing domain actions (contract 1, version 2; contract 4)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from campaigns.models import Achievement, AdCampaign, Outcome
from customers.customers.merging import identify
from customers.models import Customer
from tests.contents import contents
from tests.dialects.management.actor import Actor, Answer
from tests.dialects.management.expected import accepted, refusal
from tests.dialects.management.samples import check, samples_of
from tests.factories import (
    make_achievement,
    make_anonymous,
    make_campaign,
    make_creative,
    make_customer,
    make_goal,
    make_group,
    make_line_item,
    make_offer,
    make_target,
)

AssertQueries = Callable[[int], AbstractContextManager[object]]
ACTIVE = {"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2100, 1, 1, tzinfo=UTC)}
# The contract's curl, trailing comma and all.
SECTIONS = "sections[]=behaviors&sections[]=progress,&sections[]=offers&sections[]=redemptions"
BASE = {"campaign_id", "campaign_permalink", "ends_at", "name", "qualified", "starts_at", "status"}


@dataclass(frozen=True)
class Scene:
    """A customer, and a campaign with a behavior that may be earned twice and gives an offer, points and a tag."""

    actor: Actor
    customer: Customer
    campaign: AdCampaign
    behavior: Achievement

    def send(self, method: str, rest: str, body: object = None) -> Answer:
        """A request for the customer by their uuid; `rest` is what follows the campaigns."""
        return self.actor.send(method, f"/priv/v2/apps/:api_key/users/{self.customer.uuid}/campaigns{rest}", body)

    def perform(self, query: str = "", **body: object) -> Answer:
        """POST …/perform."""
        return self.send("POST", f"/{self.campaign.pk}/perform{query}", {"domain": "complete_campaign"} | body)

    def get(self, query: str = "") -> dict[str, Any]:
        """GET one campaign."""
        found: dict[str, Any] = accepted(self.send("GET", f"/{self.campaign.pk}?{query}"))["campaign"]
        return found


@pytest.fixture
def scene(owner: Actor) -> Scene:
    """The scene of most of these tests."""
    organization = owner.organization
    campaign = make_campaign(organization, **ACTIVE)
    behavior = make_achievement(campaign, max_times_achievable=2, tags="done", points=3)
    make_goal(behavior, event_count=2)
    offer = make_offer(organization, name="Socks", limit_per_customer=1)
    Outcome.objects.create(organization=organization, achievement=behavior, offer=offer)
    return Scene(owner, make_customer(organization, external_id="51"), campaign, behavior)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("name", samples_of("perform"))
def test_the_contract_s_sample_in_four_forms(name: str) -> None:
    check(name)


def test_performing_earns_the_behavior_until_its_cap(scene: Scene) -> None:
    first = accepted(scene.perform())["campaign"]
    assert (first["status"], first["qualified"]) == ("completed", True)
    second = accepted(scene.perform("?sections[]=progress"))["campaign"]
    assert (second["status"], second["qualified"]) == ("completed", False)
    assert second["progress"][0]["times_earned"] == 2
    before = contents()
    refusal(scene.perform(), "failed_to_perform")
    assert contents() == before
    customer = Customer.objects.get()
    assert (customer.points, customer.tags) == (6, ["done"])


@pytest.mark.parametrize("external_id", ["a/b", "a/external", "5 %2F?é"])
def test_external_ids_of_any_characters(scene: Scene, external_id: str) -> None:
    Customer.objects.update(external_id=external_id)
    user = f"/apps/:api_key/external/users/{quote(external_id, safe='')}"
    send, by_permalink = scene.actor.send, f"/priv/v2{user}/external/campaigns/{scene.campaign.permalink}"
    assert accepted(send("GET", f"/priv/v1{user}"))["user"]["external_id"] == external_id
    accepted(send("POST", f"{by_permalink}/perform", {"domain": "complete_campaign"}))
    assert accepted(send("GET", by_permalink))["campaign"]["status"] == "completed"
    assert len(accepted(send("GET", f"/priv/v2{user}/campaigns"))["campaigns"]) == 1
    assert len(accepted(send("GET", f"/priv/v1{user}/offers"))["offers"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_data"),
        ({"domain": None}, "missing_data"),
        ({"domain": 7}, "validation"),
        ({"domain": "finish_campaign"}, "not_available"),
        ({"domain": "complete_campaign", "force": True}, "argument_error"),
    ],
    ids=str,
)
def test_what_is_not_performed(scene: Scene, body: object, code: str) -> None:
    before = contents()
    refusal(scene.send("POST", f"/{scene.campaign.pk}/perform", body), code)
    assert contents() == before


def test_what_fails_to_perform(scene: Scene) -> None:
    make_target(scene.campaign.ad_bundle)
    before = contents()
    refusal(scene.perform(), "failed_to_perform")
    assert contents() == before
    assert scene.get()["qualified"] is False
    Customer.objects.update(tags=["vip"])
    assert scene.get()["qualified"] is True
    accepted(scene.actor.put(f"campaigns/{scene.campaign.pk}", {"campaign": {"status": "paused"}}))
    refusal(scene.perform(), "failed_to_perform")
    assert (scene.get()["qualified"], scene.get()["status"]) == (False, "paused")


def test_sections_as_the_contract_asks_for_them(scene: Scene) -> None:
    assert scene.get().keys() == BASE
    shown = scene.get(SECTIONS)
    assert shown.keys() == BASE | {"behaviors", "progress", "offers", "redemptions"}
    (goal,) = scene.behavior.goals.all()
    assert [row["id"] for row in shown["behaviors"]] == [goal.pk, scene.behavior.pk]
    (told,) = shown["progress"]
    assert datetime.fromisoformat(told["goals"][0].pop("next_countable_at"))
    assert told == {
        "behavior_id": scene.behavior.pk,
        "name": scene.behavior.name,
        "times_earned": 0,
        "completed": False,
        "goals": [{"id": goal.pk, "name": goal.name, "count": 0, "event_count": 2, "completed": False}],
    }
    assert [(offer["name"], offer["issued"]) for offer in shown["offers"]] == [("Socks", [])]
    assert shown["redemptions"] == []


def test_an_earned_offer_is_shown_and_once_redeemed_among_the_redemptions(scene: Scene) -> None:
    performed = accepted(scene.perform("?sections[]=offers,redemptions"))["campaign"]
    (issued,) = performed["offers"][0]["issued"]
    assert (issued["state"], performed["redemptions"]) == ("issued", [])
    path = f"/priv/v1/apps/:api_key/users/{scene.customer.uuid}/offers/{issued['id']}/redeem"
    accepted(scene.actor.post(path))
    (redeemed,) = scene.get("sections[]=redemptions")["redemptions"]
    assert redeemed.items() >= {"id": issued["id"], "name": "Socks", "state": "redeemed"}.items()
    assert datetime.fromisoformat(redeemed["redeemed_at"])


def test_creatives_are_those_that_the_customer_may_see(scene: Scene) -> None:
    line_item = make_line_item(scene.campaign, **ACTIVE)
    shown, elsewhere, draft = (make_group(line_item, **ACTIVE) for _ in range(3))
    make_target(elsewhere)
    creative = make_creative(shown, scene.actor.application, status="live", template_id="t")
    make_creative(elsewhere, scene.actor.application, status="live")
    make_creative(draft, scene.actor.application)
    assert "creatives" not in scene.get("creatives[]=")
    creatives = scene.get("creatives[]=promotion&creatives[]=tile")["creatives"]
    assert [each["creative_id"] for each in creatives["promotion"]] == [creative.pk]
    assert creatives["promotion"][0]["template_id"] == "t"
    assert creatives["tile"][0]["description"] == "Check out this ad!"
    assert scene.get("creatives[]=tile")["creatives"].keys() == {"tile"}


def test_the_list_and_its_filters(scene: Scene) -> None:
    organization = scene.actor.organization
    closed = make_campaign(organization, **ACTIVE)
    make_target(closed.ad_bundle)
    plain = make_campaign(organization, **ACTIVE)
    make_campaign(organization, **ACTIVE, status="draft")
    make_campaign(organization)

    def listed(query: str) -> list[int]:
        return [row["campaign_id"] for row in accepted(scene.send("GET", f"?{query}"))["campaigns"]]

    ours = [plain.pk, scene.campaign.pk]
    assert listed("") == listed("filters[]=eligible") == listed("filters[]=") == ours
    assert listed("filters[]=ineligible") == [closed.pk]
    assert (
        listed("filters[]=all") == listed("filters[]=eligible,ineligible") == sorted([*ours, closed.pk], reverse=True)
    )
    accepted(scene.perform())
    accepted(scene.perform())
    # The tag that was dropped is what the other campaign's target asks for.
    assert listed("filters[]=ineligible") == [scene.campaign.pk]
    answer = accepted(scene.send("GET", "?filters[]=all&limit=1&page=3&sections[]=progress"))
    assert answer["pagination"] == {"page": 3, "limit": 1, "total": 3}
    assert answer["campaigns"] == [scene.get("sections[]=progress")]


def test_wrong_arguments_are_named(scene: Scene) -> None:
    query = "sections[]=everything&filters[]=some&creatives[]=gold&limit=0"
    fields = refusal(scene.send("GET", f"/{scene.campaign.pk}?{query}"), "argument_error")
    assert fields.keys() == {"sections[]", "filters[]", "creatives[]"}
    refusal(scene.send("GET", "?limit=0"), "argument_error")


@pytest.mark.parametrize("value", ["%00", "%FF", "%ED%A0%80", "x" * 3000, ",,", "[]", "%F0%9F%8E%88", "9" * 40])
def test_no_query_and_no_path_makes_a_fault(scene: Scene, value: str) -> None:
    before = contents()
    query = "&".join(f"{name}={value}" for name in ("sections[]", "filters[]", "creatives[]", "limit", "page", "x"))
    paths = [f"users/{scene.customer.uuid}/campaigns?{query}", f"external/users/{value}/campaigns/{value}"]
    paths += [f"users/{value}/external/campaigns/{value}", f"external/users/51/external/campaigns/{value}?{query}"]
    for path in paths:
        for method in ("GET", "POST"):
            answer = scene.actor.send(method, f"/priv/v2/apps/:api_key/{path}", {"domain": value})
            assert answer.status_code in {200, 404, 405}, path
            assert answer.json()["status"] == "error" or answer.status_code == 200
    assert contents() == before


def test_what_does_not_exist(scene: Scene, outsider: Actor) -> None:
    theirs = make_campaign(outsider.organization, **ACTIVE)
    user, external = f"users/{scene.customer.uuid}", "external/users/51"
    for path in (
        f"{user}/campaigns/{theirs.pk}",
        f"{user}/external/campaigns/{theirs.permalink}",
        f"{external}/campaigns/0",
        f"{external}/external/campaigns/nothing",
        f"users/{make_customer(outsider.organization).uuid}/campaigns/{scene.campaign.pk}",
        f"external/users/nobody/campaigns/{scene.campaign.pk}",
    ):
        refusal(scene.actor.get(f"/priv/v2/apps/:api_key/{path}"), "not_found", 404)
        perform = f"/priv/v2/apps/:api_key/{path}/perform"
        refusal(scene.actor.post(perform, {"domain": "complete_campaign"}), "not_found", 404)
    refusal(scene.actor.get("/priv/v2/apps/:api_key/users/nobody/campaigns"), "not_found", 404)
    refusal(scene.actor.get("/priv/v2/apps/:api_key/nothing"), "not_found", 404)
    refusal(scene.actor.get("/priv/v2/nothing"), "not_found", 404)


def test_a_merged_customer_s_old_id_performs_for_the_customer_of_today(scene: Scene) -> None:
    anonymous = make_anonymous(scene.actor.organization)
    identify(organization=scene.actor.organization, anonymous=anonymous, customer_id="51")
    path = f"/priv/v2/apps/:api_key/users/{anonymous.uuid}/campaigns/{scene.campaign.pk}/perform"
    assert accepted(scene.actor.post(path, {"domain": "complete_campaign"}))["campaign"]["status"] == "completed"
    assert Customer.objects.get(external_id="51").points == 3


def test_the_list_costs_the_same_whatever_its_size(scene: Scene, django_assert_num_queries: AssertQueries) -> None:
    query = f"?{SECTIONS}&creatives[]=tile&filters[]=all&limit=100"
    for size in (1, 20):
        for _ in range(size):
            campaign = make_campaign(scene.actor.organization, **ACTIVE)
            behavior = make_achievement(campaign)
            make_goal(behavior)
            Outcome.objects.create(
                organization=campaign.organization, achievement=behavior, offer=make_offer(campaign.organization)
            )
            make_creative(
                make_group(make_line_item(campaign, **ACTIVE), **ACTIVE), scene.actor.application, status="live"
            )
        scene.actor.organization.refresh_from_db()
        scene.actor.organization.version += 1
        scene.actor.organization.save()
        accepted(scene.send("GET", query))
        with django_assert_num_queries(11):
            accepted(scene.send("GET", query))
