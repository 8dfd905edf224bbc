"""Unsaved rows from behaviors as callers describe them; broken rules are collected.

An error names the attribute by its path in the description: `goal_groups[0].goals[1].achievement.data.period`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.behaviors.event_filters import checked_event_filters
from campaigns.models import Achievement
from customers.errors import ErrorCollector, ErrorKind

MAXIMUM_GOALS = 50
MAXIMUM_TAG = 255
# What a caller says of a behavior, its goals or a group of goals; the dialect has checked the types.
Description = Mapping[str, Any]
PLAIN = ("name", "tags", "points", "internal_event_name", "event_count")


def describe(achievement: Achievement, attributes: Description, errors: ErrorCollector, path: str = "") -> None:
    """Set the attributes that are present; members of `data` are set one by one, None clears them."""
    for name in PLAIN:
        if name in attributes:
            setattr(achievement, name, attributes[name])
    if "event_filters" in attributes:
        achievement.event_filters = checked_event_filters(
            attributes["event_filters"], path=f"{path}event_filters", errors=errors
        )
    data = attributes.get("data", {})
    for name, value in data.items():
        setattr(achievement, name, value)
    achievement.given_members = list(dict.fromkeys([*achievement.given_members, *data]))
    _check(achievement, errors, path)


def _check(achievement: Achievement, errors: ErrorCollector, path: str) -> None:
    if any(len(tag) > MAXIMUM_TAG for tag in achievement.tag_list):
        errors.add(f"{path}tags", f"A tag has at most {MAXIMUM_TAG} characters.")
    if achievement.eligible_spend and achievement.consecutive:
        errors.add(f"{path}data.eligible_spend", "What counts money doesn't count consecutive days.")
    if achievement.period is None:
        if achievement.max_times_achievable_per_period is not None:
            errors.add(f"{path}data.max_times_achievable_per_period", "A cap per period needs a period.")
        if achievement.use_same_period:
            errors.add(f"{path}data.use_same_period", "The same period needs a period.")


def describe_goals(
    composite: Achievement,
    groups: Sequence[Description],
    errors: ErrorCollector,
    path: str = "",
    known: Mapping[int, Achievement] | None = None,
) -> list[Achievement]:
    """The goals of a behavior from its goal groups: those with an id in `known` are updated, the others new."""
    left = dict(known or {})
    goals: list[Achievement] = []
    counts: list[int | None] = []
    for group_index, group in enumerate(groups):
        here = f"{path}goal_groups[{group_index}]."
        described = group.get("goals", [])
        if not described:
            errors.add(f"{here}goals", "This field is required.", ErrorKind.MISSING)
        count = group.get("goal_count")
        if count is not None and count > len(described):
            errors.add(f"{here}goal_count", "goal_count is more than the number of goals.")
        counts.append(count)
        for index, goal in enumerate(described):
            kept = _describe_goal(composite, goal, left, errors, f"{here}goals[{index}].achievement")
            kept.group_index = group_index
            goals.append(kept)
    if len(goals) > MAXIMUM_GOALS:
        errors.add(f"{path}goal_groups", f"At most {MAXIMUM_GOALS} goals are allowed.")
    composite.goal_counts = counts
    return goals


def _describe_goal(
    composite: Achievement, goal: Description, left: dict[int, Achievement], errors: ErrorCollector, path: str
) -> Achievement:
    attributes = dict(goal.get("achievement", {}))
    goal_id = attributes.pop("id", None)
    achievement = left.pop(goal_id, None)
    if achievement is None:
        if goal_id is not None:
            errors.add(f"{path}.id", "The behavior has no such goal, or it is named twice.")
        for name in ("name", "data"):
            if name not in attributes:
                errors.add(f"{path}.{name}", "This field is required.", ErrorKind.MISSING)
        achievement = Achievement(
            organization_id=composite.organization_id, campaign_id=composite.campaign_id, composite_id=composite.pk
        )
    describe(achievement, attributes, errors, f"{path}.")
    return achievement
