"""Behaviors on the wire (contract 1, Managing Campaign Behaviors; contract 4, "Behaviors, events, users")."""

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers

from campaigns.api.fields import (
    MAXIMUM_ID,
    AnswerSerializer,
    Anything,
    Scalar,
    StrictBoolean,
    StrictInteger,
    StrictList,
    StrictSerializer,
    StrictString,
)
from campaigns.behaviors.definitions import BehaviorDefinition, Row
from campaigns.behaviors.drafts import MAXIMUM_GOALS

MAXIMUM_BEHAVIORS = 100
MAXIMUM_OUTCOMES = 20
MAXIMUM_TAGS = 10_000
# The members of `data` that contract 1's samples always show; others are shown where they were sent.
GOAL_MEMBERS = (
    "consecutive",
    "eligible_spend",
    "max_times_achievable",
    "max_times_achievable_per_month",
    "max_times_achievable_per_period",
    "max_times_achievable_per_year",
    "min_time_between_events",
    "min_time_between_events_count",
    "period",
)
COMPOSITE_MEMBERS = (
    "consecutive",
    "eligible_spend",
    "max_times_achievable",
    "max_times_achievable_per_period",
    "min_time_between_events",
    "period",
    "use_same_period",
)


class DataIn(StrictSerializer):
    """Request Attributes for Data, and what contract 1's third sample adds to them."""

    eligible_spend = StrictBoolean(required=False, allow_null=True)
    period = StrictInteger(required=False, allow_null=True, minimum=1)
    min_time_between_events = StrictInteger(required=False, allow_null=True, minimum=1)
    min_time_between_events_count = StrictInteger(required=False, minimum=1)
    max_times_achievable = StrictInteger(required=False, allow_null=True, minimum=1)
    max_times_achievable_per_period = StrictInteger(required=False, allow_null=True, minimum=1)
    max_times_achievable_per_month = StrictInteger(required=False, allow_null=True, minimum=1)
    max_times_achievable_per_year = StrictInteger(required=False, allow_null=True, minimum=1)
    consecutive = StrictBoolean(required=False)
    use_same_period = StrictBoolean(required=False)
    result_trigger = Scalar(required=False, allow_null=True)
    precise_event_count = Scalar(required=False, allow_null=True)
    unit_precision = Scalar(required=False, allow_null=True)


class GoalAchievementIn(StrictSerializer):
    """Request Attributes for Achievement; `id` names a goal that an update keeps."""

    id = StrictInteger(required=False, minimum=1, maximum=MAXIMUM_ID)
    name = StrictString()
    internal_event_name = StrictString(required=False, allow_null=True)
    event_count = StrictInteger(required=False, minimum=1)
    event_filters = Anything(required=False, allow_null=True)
    data = DataIn()  # type: ignore[assignment]  # a member of this name, not the serializer's own data


class GoalIn(StrictSerializer):
    """One of the `goals` of a group."""

    achievement = GoalAchievementIn()


class GoalGroupIn(StrictSerializer):
    """One of a behavior's `goal_groups`."""

    goal_count = StrictInteger(required=False, allow_null=True)
    goals = StrictList(child=GoalIn(), maximum=MAXIMUM_GOALS)


class DealIn(StrictSerializer):
    """An offer by its guid."""

    id = StrictString()


class MessageUnitIn(StrictSerializer):
    """A creative by its id."""

    id = StrictInteger(minimum=1, maximum=MAXIMUM_ID)


class TriggeredEventIn(StrictSerializer):
    """An event by its name."""

    name = StrictString()


class OutcomeIn(StrictSerializer):
    """One of `outcome_config`: an offer, a message or a further event."""

    names_paths = True
    deal = DealIn(required=False)
    ad_unit = MessageUnitIn(required=False)
    event = TriggeredEventIn(required=False)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """Exactly one of the three, whole even where only a part of the behavior is sent."""
        if len(attrs) != 1 or not next(iter(attrs.values())):
            raise serializers.ValidationError("One of deal {id}, ad_unit {id}, event {name} is expected.")
        return attrs


class BehaviorIn(StrictSerializer):
    """Request Attributes for Behaviors."""

    names_paths = True
    name = StrictString()
    tags = StrictString(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False, max_length=MAXIMUM_TAGS
    )
    points = StrictInteger(required=False)
    data = DataIn()  # type: ignore[assignment]  # a member of this name, not the serializer's own data
    goal_groups = StrictList(child=GoalGroupIn(), maximum=MAXIMUM_GOALS)
    outcome_config = StrictList(
        child=OutcomeIn(), maximum=MAXIMUM_OUTCOMES, required=False, allow_null=True, allow_empty=True
    )


class BehaviorsIn(StrictSerializer):
    """The body of a batch."""

    names_paths = True
    behaviors = StrictList(child=BehaviorIn(), maximum=MAXIMUM_BEHAVIORS)


class DataOut(AnswerSerializer):
    """Response Attributes for Data (Achievement)."""

    consecutive = serializers.BooleanField()
    eligible_spend = serializers.BooleanField(allow_null=True)
    goals_csv_data = serializers.CharField(required=False)
    max_times_achievable = serializers.IntegerField(allow_null=True)
    max_times_achievable_per_month = serializers.IntegerField(allow_null=True, required=False)
    max_times_achievable_per_period = serializers.IntegerField(allow_null=True)
    max_times_achievable_per_year = serializers.IntegerField(allow_null=True, required=False)
    min_time_between_events = serializers.IntegerField(allow_null=True)
    min_time_between_events_count = serializers.IntegerField(required=False)
    period = serializers.IntegerField(allow_null=True)
    precise_event_count = Scalar(allow_null=True, required=False)
    result_trigger = Scalar(allow_null=True, required=False)
    unit_precision = Scalar(allow_null=True, required=False)
    use_same_period = serializers.BooleanField(required=False)


class GoalAchievementOut(AnswerSerializer):
    """Response Attributes for Achievement."""

    data = DataOut()  # type: ignore[assignment]  # a member of this name, not the serializer's own data
    errors = serializers.DictField()  # type: ignore[assignment]  # a member of this name, not the serializer's own errors
    event_count = serializers.IntegerField()
    event_filters = serializers.DictField(required=False)
    id = serializers.IntegerField()
    name = serializers.CharField()
    points = serializers.IntegerField()
    tags = serializers.CharField(allow_null=True)


class GoalOut(AnswerSerializer):
    """One of the `goals` of a group."""

    achievement = GoalAchievementOut()


class GoalGroupOut(AnswerSerializer):
    """Response Attributes for Goal Group."""

    goal_count = serializers.IntegerField()
    goals = GoalOut(many=True)


class OutcomeOut(AnswerSerializer):
    """Response Attributes for Outcomes."""

    account_id = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    id = serializers.IntegerField()
    model_id = serializers.IntegerField()
    model_type = serializers.ChoiceField(choices=["Offer", "AdUnit", "EventOutcome"])
    organization_id = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class BehaviorOut(AnswerSerializer):
    """Response Attributes for Behavior; a goal in a campaign's list has neither groups nor outcomes."""

    data = DataOut()  # type: ignore[assignment]  # a member of this name, not the serializer's own data
    errors = serializers.DictField()  # type: ignore[assignment]  # a member of this name, not the serializer's own errors
    event_filters = serializers.DictField(required=False)
    goal_groups = GoalGroupOut(many=True, required=False)
    id = serializers.IntegerField()
    name = serializers.CharField()
    outcomes = OutcomeOut(many=True, required=False)
    points = serializers.IntegerField()
    tags = serializers.CharField(allow_null=True)

    def to_representation(self, behavior: BehaviorDefinition) -> dict[str, Any]:
        """The behavior as the contract writes it."""
        composite = behavior.composite
        answer = _achievement(composite, COMPOSITE_MEMBERS)
        answer["data"]["goals_csv_data"] = "".join(_csv_lines(behavior))
        answer["goal_groups"] = [
            {"goal_count": behavior.goal_count(index), "goals": [{"achievement": _goal(row)} for row in group]}
            for index, group in enumerate(behavior.groups)
        ]
        return answer | {"outcomes": [_outcome(row) for row in behavior.outcomes]}


def listed(behavior: BehaviorDefinition) -> Iterator[dict[str, object]]:
    """A behavior in its campaign's list: each goal achievement, then the composite."""
    for goal in sorted(behavior.goals, key=lambda row: int(row["id"])):
        yield _filtered(goal) | _achievement(goal, GOAL_MEMBERS)
    yield BehaviorOut().to_representation(behavior)


def _achievement(row: Row, members: tuple[str, ...]) -> dict[str, Any]:
    return {
        "data": {name: row[name] for name in (*members, *row["given_members"])},
        "errors": {},
        "id": row["id"],
        "name": row["name"],
        "points": row["points"],
        "tags": row["tags"],
    }


def _goal(row: Row) -> dict[str, object]:
    return _filtered(row) | _achievement(row, GOAL_MEMBERS) | {"event_count": row["event_count"]}


def _filtered(row: Row) -> dict[str, object]:
    """`event_filters` (contract 4) where there are some."""
    return {"event_filters": row["event_filters"]} if row["event_filters"] else {}


def _csv_lines(behavior: BehaviorDefinition) -> Iterator[str]:
    """A line a goal: id, event_count, goal_count > 0, index of its group, goal_count, use_same_period (contract 4)."""
    same_period = behavior.composite["use_same_period"]
    for goal in behavior.goals:
        index = goal["group_index"]
        count = behavior.goal_count(index)
        values: tuple[object, ...] = (goal["id"], goal["event_count"], count > 0, index, count, same_period)
        yield ",".join(str(value).lower() for value in values) + "\n"


def _outcome(row: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {"Offer": row["offer_id"], "AdUnit": row["creative_id"], "EventOutcome": row["event_id"]}
    ((model_type, model_id),) = [(name, number) for name, number in kinds.items() if number is not None]
    return {
        "account_id": row["account_id"],
        "created_at": row["created_at"][:19] + "Z",
        "id": row["id"],
        "model_id": model_id,
        "model_type": model_type,
        "organization_id": row["organization_id"],
        "updated_at": row["updated_at"][:19] + "Z",
    }
