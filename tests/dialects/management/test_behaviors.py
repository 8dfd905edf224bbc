"""Behaviors: the contract's samples, batches that are all or nothing, updates, deleting (contract 1 and 4)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import time_machine

from campaigns.models import Achievement, Outcome, TriggeredEvent
from customers.models import Organization
from tests.contents import contents
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, only, refusal
from tests.dialects.management.samples import check, samples_of
from tests.factories import Hierarchy, make_achievement, make_creative, make_goal, make_offer

AssertQueries = Callable[[int], AbstractContextManager[object]]
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": None}, "missing_data", "name"),
    ({"data": None}, "missing_data", "data"),
    ({"colour": 1}, "argument_error", "colour"),
    ({"data": {"colour": 1}}, "argument_error", "data.colour"),
    ({"tags": 7}, "validation", "tags"),
    ({"tags": "x" * 256}, "validation", "tags"),
    ({"points": -1}, "validation", "points"),
    ({"data": {"period": 0}}, "validation", "data.period"),
    ({"data": {"period": True}}, "validation", "data.period"),
    ({"data": {"max_times_achievable": -3}}, "validation", "data.max_times_achievable"),
    ({"data": {"consecutive": "yes"}}, "validation", "data.consecutive"),
    ({"data": {"precise_event_count": []}}, "validation", "data.precise_event_count"),
    ({"data": {"max_times_achievable_per_period": 1}}, "validation", "data.max_times_achievable_per_period"),
    ({"data": {"use_same_period": True}}, "validation", "data.use_same_period"),
    ({"data": {"eligible_spend": True, "consecutive": True}}, "validation", "data.eligible_spend"),
    ({"goal_groups": []}, "validation", "goal_groups"),
    ({"goal_groups": 1}, "validation", "goal_groups"),
    ({"goal_groups": [{"goals": []}]}, "validation", "goal_groups[0].goals"),
    ({"goal_groups": [{"goals": [bodies.goal()], "goal_count": 2}]}, "validation", "goal_groups[0].goal_count"),
    ({"goal_groups": [{"goals": [bodies.goal()] * 51}]}, "validation", "goal_groups[0].goals"),
    ({"goal_groups": [{"goals": [bodies.goal()] * 30}] * 2}, "validation", "goal_groups"),
    ({"goal_groups": [{"goals": [7]}]}, "validation", "goal_groups[0].goals[0]"),
    ({"outcome_config": [{"deal": {"id": "nobody's"}}]}, "validation", "outcome_config[0].deal.id"),
    ({"outcome_config": [{"ad_unit": {"id": 999_999_999}}]}, "validation", "outcome_config[0].ad_unit.id"),
    ({"outcome_config": [{}]}, "validation", "outcome_config[0]"),
    ({"outcome_config": [{"deal": {"id": "x"}, "event": {"name": "y"}}]}, "validation", "outcome_config[0]"),
    ({"outcome_config": [{"event": {"name": "y", "z": 1}}]}, "argument_error", "outcome_config[0].event.z"),
]
WRONG_GOALS: list[tuple[dict[str, Any], str, str]] = [
    ({"event_count": 0}, "validation", "event_count"),
    ({"id": 1}, "validation", "id"),
    ({"event_filters": []}, "validation", "event_filters"),
    ({"event_filters": {"hours": 1}}, "argument_error", "event_filters.hours"),
    ({"event_filters": {"start_time": "08:00"}}, "validation", "event_filters"),
    ({"event_filters": {"start_time": "8", "end_time": "12:00"}}, "validation", "event_filters.start_time"),
    ({"event_filters": {"start_time": "08:00", "end_time": "08:00"}}, "validation", "event_filters.end_time"),
    ({"event_filters": {"days": ["Monday"]}}, "validation", "event_filters.days"),
    ({"event_filters": {"days": [[]]}}, "validation", "event_filters.days"),
    ({"event_filters": {"attributes": [{"attribute": "store"}]}}, "validation", "event_filters.attributes"),
]


def _make(actor: Actor, campaign_id: int, *several: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = accepted(
        actor.post(f"campaigns/{campaign_id}/behaviors/_batch", bodies.behaviors(*several))
    )["behaviors"]
    return made


def _goals(behavior: dict[str, Any]) -> list[dict[str, Any]]:
    return [goal["achievement"] for group in behavior["goal_groups"] for goal in group["goals"]]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("name", samples_of("behaviors"))
def test_the_contract_s_samples(name: str) -> None:
    check(name)


def test_the_list_has_each_goal_before_its_behavior_and_is_what_was_made(owner: Actor, ours: Hierarchy) -> None:
    """All of it, though there are more than a page."""
    several = [bodies.behavior(bodies.goal(event_count=2), bodies.goal(event_count=3)) for _ in range(12)]
    made = _make(owner, ours.campaign.pk, *several)
    listed = accepted(owner.get(f"campaigns/{ours.campaign.pk}/behaviors"))["behaviors"]
    expected = [row for behavior in made for row in [*_goals(behavior), behavior]]
    assert listed == [{key: row[key] for key in row if key != "event_count"} for row in expected]
    assert [row["id"] for row in listed] == sorted(row["id"] for row in listed)
    first, second = _goals(made[0])
    assert made[0]["data"]["goals_csv_data"] == f"{first['id']},2,true,0,2,false\n{second['id']},3,true,0,2,false\n"
    assert only(owner.get(f"behaviors/{made[3]['id']}"), "behaviors") == made[3]


def test_data_shows_what_was_given_and_what_is_always_shown(owner: Actor, ours: Hierarchy) -> None:
    extra = {"max_times_achievable_per_month": 3, "result_trigger": "x", "precise_event_count": None}
    filters = {"start_time": "22:00", "end_time": "06:00", "days": ["sun", "mon", "sun"]}
    targets = [{"attribute": "amount due", "operator": "gte", "values": [10]}]
    goal = bodies.goal(event_filters=filters | {"attributes": targets}, data={"unit_precision": 2, "period": 60})
    (made,) = _make(owner, ours.campaign.pk, bodies.behavior(goal, data=extra, tags="a\nb", points=5))
    assert made["data"].items() >= extra.items()
    assert "max_times_achievable_per_year" not in made["data"]
    assert (made["tags"], made["points"]) == ("a\nb", 5)
    (kept,) = _goals(made)
    assert kept["data"].items() >= {"unit_precision": 2, "period": 60, "max_times_achievable_per_year": None}.items()
    assert kept["event_filters"] == filters | {"days": ["mon", "sun"], "attributes": targets}


@pytest.mark.parametrize(("change", "code", "field"), WRONG, ids=str)
def test_one_wrong_behavior_leaves_nothing_behind(
    owner: Actor, ours: Hierarchy, change: dict[str, Any], code: str, field: str
) -> None:
    body = bodies.behaviors(bodies.behavior(), bodies.behavior(**change))
    before = contents()
    fields = refusal(owner.post(f"campaigns/{ours.campaign.pk}/behaviors/_batch", body), code)
    assert list(fields) == [f"behaviors[1].{field}"]
    assert contents() == before


@pytest.mark.parametrize(("change", "code", "field"), WRONG_GOALS, ids=str)
def test_a_wrong_goal_is_named_by_its_place(
    owner: Actor, ours: Hierarchy, change: dict[str, Any], code: str, field: str
) -> None:
    behavior = bodies.behavior(bodies.goal(), bodies.goal(**change))
    fields = refusal(owner.post(f"campaigns/{ours.campaign.pk}/behaviors/_batch", bodies.behaviors(behavior)), code)
    assert list(fields) == [f"behaviors[0].goal_groups[0].goals[1].achievement.{field}"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_data"),
        ({"behaviors": None}, "missing_data"),
        ({"behaviors": []}, "missing_data"),
        ({"behaviors": {}}, "validation"),
        ({"behaviors": [7]}, "validation"),
        ({"behaviors": [{}] * 101}, "validation"),
        ({"behaviors": [{}]}, "missing_data"),
        (bodies.behaviors() | {"more": 1}, "argument_error"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_batch(owner: Actor, ours: Hierarchy, body: object, code: str) -> None:
    refusal(owner.post(f"campaigns/{ours.campaign.pk}/behaviors/_batch", body), code)


def test_every_offence_is_named_at_once(owner: Actor, ours: Hierarchy) -> None:
    several = [bodies.behavior(points=-1), bodies.behavior(bodies.goal(event_count="1"), name=7)]
    fields = refusal(
        owner.post(f"campaigns/{ours.campaign.pk}/behaviors/_batch", bodies.behaviors(*several)), "validation"
    )
    place = "behaviors[1].goal_groups[0].goals[0].achievement.event_count"
    assert fields.keys() == {"behaviors[0].points", "behaviors[1].name", place}


def test_outcomes_are_offers_messages_and_events(owner: Actor, ours: Hierarchy) -> None:
    offer = make_offer(owner.organization)
    config: list[dict[str, Any]] = [
        {"deal": {"id": offer.guid}},
        {"ad_unit": {"id": ours.creative.pk}},
        {"event": {"name": "earned"}},
    ]
    (made,) = _make(owner, ours.campaign.pk, bodies.behavior(outcome_config=config))
    event = TriggeredEvent.objects.get()
    told = [(outcome["model_type"], outcome["model_id"]) for outcome in made["outcomes"]]
    assert told == [("Offer", offer.pk), ("AdUnit", ours.creative.pk), ("EventOutcome", event.pk)]
    change = {"behavior": {"outcome_config": [{"event": {"name": "earned"}}, {"event": {"name": "again"}}]}}
    changed = only(owner.put(f"behaviors/{made['id']}", change), "behaviors")
    assert changed["outcomes"][0] == made["outcomes"][2]
    assert [outcome.event and outcome.event.name for outcome in Outcome.objects.order_by("id")] == ["earned", "again"]
    cleared = only(owner.put(f"behaviors/{made['id']}", {"behavior": {"outcome_config": None}}), "behaviors")
    assert cleared["outcomes"] == []
    assert not TriggeredEvent.objects.exists()


def test_a_message_of_another_campaign_is_no_outcome(owner: Actor, ours: Hierarchy) -> None:
    other = owner.make_hierarchy()
    config = [{"ad_unit": {"id": other.creative.pk}}]
    body = bodies.behaviors(bodies.behavior(outcome_config=config))
    refusal(owner.post(f"campaigns/{ours.campaign.pk}/behaviors/_batch", body), "validation")


def test_an_update_changes_what_is_present(owner: Actor, ours: Hierarchy) -> None:
    (made,) = _make(owner, ours.campaign.pk, bodies.behavior(tags="a", data={"period": 60, "max_times_achievable": 2}))
    before = Organization.objects.get(id=owner.organization.pk).version
    change = {"behavior": {"name": "Changed", "data": {"max_times_achievable": None, "use_same_period": True}}}
    changed = only(owner.put(f"behaviors/{made['id']}", change), "behaviors")
    data = made["data"] | {"max_times_achievable": None, "use_same_period": True}
    data["goals_csv_data"] = data["goals_csv_data"].replace("false\n", "true\n")
    assert changed == made | {"name": "Changed", "data": data}
    assert Organization.objects.get(id=owner.organization.pk).version == before + 1


def test_goal_groups_are_replaced_and_goals_with_an_id_are_kept(owner: Actor, ours: Hierarchy) -> None:
    goals = [bodies.goal(name=name, data={"period": 60}) for name in ("one", "two", "three")]
    (made,) = _make(owner, ours.campaign.pk, bodies.behavior(*goals))
    one, two, three = _goals(made)
    groups = [
        {"goals": [{"achievement": {"id": two["id"], "event_count": 7}}]},
        {"goals": [bodies.goal(name="four"), {"achievement": {"id": one["id"]}}], "goal_count": 1},
    ]
    changed = only(owner.put(f"behaviors/{made['id']}", {"behavior": {"goal_groups": groups}}), "behaviors")
    assert [[goal["achievement"]["name"] for goal in group["goals"]] for group in changed["goal_groups"]] == [
        ["two"],
        ["one", "four"],
    ]
    assert [group["goal_count"] for group in changed["goal_groups"]] == [1, 1]
    assert _goals(changed)[:2] == [two | {"event_count": 7}, one]
    assert Achievement.objects.get(id=three["id"]).deleted_at is not None
    for achievement in ({"id": three["id"]}, {"id": one["id"], "name": None}, {"event_count": 1}):
        body = {"behavior": {"goal_groups": [{"goals": [{"achievement": achievement}]}]}}
        assert owner.put(f"behaviors/{made['id']}", body).json()["status"] == "error"


def test_deleting_takes_the_goals_along(owner: Actor, ours: Hierarchy) -> None:
    made, other = _make(owner, ours.campaign.pk, bodies.behavior(name="Gone"), bodies.behavior())
    with time_machine.travel("2017-10-25T15:50:00Z", tick=False):
        deleted = accepted(owner.delete(f"behaviors/{made['id']}"))["behavior"]
    assert deleted == made | {"name": "Gone[DELETED AT Oct 25, 2017 03:50 pm]"}
    for method in ("GET", "PUT", "DELETE"):
        refusal(owner.send(method, f"behaviors/{made['id']}", {"behavior": {"name": "x"}}), "not_found", 404)
    listed = accepted(owner.get(f"campaigns/{ours.campaign.pk}/behaviors"))["behaviors"]
    assert [row["id"] for row in listed] == [_goals(other)[0]["id"], other["id"]]
    message = bodies.message(delivery_method="triggered", achievement_id=made["id"])
    del message["scheduled_delivery_date"]
    body = {"creative": {"issue_audience_csv": message}}
    assert "achievement_id" in refusal(owner.put(f"creatives/{ours.creative.pk}", body), "validation")


def test_a_goal_is_no_behavior(owner: Actor, ours: Hierarchy) -> None:
    goal = make_goal(make_achievement(ours.campaign))
    refusal(owner.get(f"behaviors/{goal.pk}"), "not_found", 404)
    message = {"delivery_method": "triggered", "achievement_id": goal.pk}
    body = {"creative": {"issue_audience_csv": message}}
    assert "achievement_id" in refusal(owner.put(f"creatives/{ours.creative.pk}", body), "validation")


def test_deleting_a_campaign_takes_its_behaviors_out_of_every_read(owner: Actor, ours: Hierarchy) -> None:
    (made,) = _make(owner, ours.campaign.pk, bodies.behavior())
    accepted(owner.delete(f"campaigns/{ours.campaign.pk}"))
    refusal(owner.get(f"behaviors/{made['id']}"), "not_found", 404)
    refusal(owner.get(f"campaigns/{ours.campaign.pk}/behaviors"), "not_found", 404)
    assert not Achievement.objects.filter(deleted_at__isnull=True).exists()


def test_reads_and_batches_cost_the_same_whatever_the_size(
    owner: Actor, ours: Hierarchy, django_assert_num_queries: AssertQueries
) -> None:
    make_creative(ours.group, owner.application, deleted_at="2020-01-01T00:00:00Z")
    config = [{"event": {"name": "earned"}}, {"ad_unit": {"id": ours.creative.pk}}]
    for size in (1, 20):
        several = [bodies.behavior(bodies.goal(), bodies.goal(), outcome_config=config) for _ in range(size)]
        with django_assert_num_queries(11):
            made = _make(owner, ours.campaign.pk, *several)
        with django_assert_num_queries(3):
            accepted(owner.get(f"campaigns/{ours.campaign.pk}/behaviors"))
        with django_assert_num_queries(2):
            accepted(owner.get(f"behaviors/{made[0]['id']}"))
