"""Each attribute of contract 1's table Data by one clear example; docs/behaviors.md tells the same in words."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from campaigns.behaviors.run import CustomerEvent
from tests.campaigns.behaviors.makers import make_live_behavior, record
from tests.factories import make_customer, make_organization

pytestmark = pytest.mark.django_db
HOUR, DAY = 3600, 86_400


def outcome(events: str, *goals: dict[str, Any], attributes: dict[str, Any] | None = None, **behavior: Any) -> str:
    """Which events earn the behavior: `events` are local times in New York, `1 10:30` is 10:30 on December 1st, 2026.

    A time may begin with the event's name (`buy` otherwise) and end with an amount (`visit 1 10:30 12.50`). The answer
    has a letter for each: `E` where the behavior is earned, `.` where it isn't.
    """
    customer = make_customer(make_organization(time_zone="America/New_York"))
    made = make_live_behavior(customer.organization, *goals, **behavior)
    told = []
    for text in events.split(", "):
        words = text.split()
        name = words.pop(0) if words[0].isalpha() else "buy"
        hours, minutes = (int(part) for part in words[1].split(":"))
        at = datetime(2026, 12, 1, 5, tzinfo=UTC)
        at = at.fromtimestamp(at.timestamp() + (int(words[0]) - 1) * DAY + hours * HOUR + minutes * 60, tz=UTC)
        amount = Decimal(words[2]) if len(words) > 2 else None
        told.append(CustomerEvent(customer.pk, name, at, attributes=attributes or {}, amount=amount))
    return "".join("E" if one.earned.get(made.pk) else "." for one in record(customer, *told))


def test_event_count_events_complete_a_goal() -> None:
    assert outcome("1 10:00, 1 10:00, 1 10:00, 1 10:00", {"event_count": 2}) == ".E.E"


def test_period_is_a_window_that_ends_at_the_event() -> None:
    goal = {"event_count": 2, "period": HOUR}
    assert outcome("1 10:00, 1 11:00, 1 11:59", goal) == "..E"
    # A late event joins those after it, too.
    assert outcome("1 10:00, 1 11:30, 1 10:45", goal) == "..E"


def test_min_time_between_events_throttles_what_counts() -> None:
    goal = {"event_count": 3, "min_time_between_events": HOUR}
    assert outcome("1 10:00, 1 10:59, 1 11:00, 1 12:30", goal) == "...E"
    assert outcome("1 10:00, 1 11:30, 1 10:45, 1 9:00", goal) == "...E"


def test_min_time_between_events_count_lets_several_through() -> None:
    goal = {"event_count": 3, "min_time_between_events": DAY, "min_time_between_events_count": 2}
    assert outcome("1 10:00, 1 11:00, 1 12:00, 2 9:00, 2 10:00", goal) == "....E"


def test_consecutive_counts_days_of_the_organization_s_calendar() -> None:
    goal = {"event_count": 3, "consecutive": True}
    assert outcome("1 23:00, 2 00:30, 2 23:59, 3 00:00, 3 12:00", goal) == "...E."
    assert outcome("1 10:00, 2 10:00, 4 10:00, 5 10:00, 6 10:00", goal) == "....E"
    # A late event closes the gap.
    assert outcome("1 10:00, 3 10:00, 2 10:00", goal) == "..E"


def test_eligible_spend_counts_money() -> None:
    goal = {"event_count": 50, "eligible_spend": True, "period": DAY}
    assert outcome("1 10:00 20, 1 11:00 29.99, 1 12:00, 1 13:00 0.01, 1 14:00 50", goal) == "...EE"
    assert outcome("1 10:00 49, 2 10:00 2", goal) == ".."


def test_max_times_achievable_caps_completions_in_all() -> None:
    assert outcome("1 10:00, 1 10:00, 1 10:00", max_times_achievable=2) == "EE."
    assert outcome("1 10:00, 1 10:00", {"max_times_achievable": 1}) == "E."


def test_max_times_achievable_per_period_is_a_rolling_window() -> None:
    rule: dict[str, Any] = {"max_times_achievable_per_period": 2, "period": HOUR}
    assert outcome("1 10:00, 1 10:30, 1 10:59, 1 11:00, 1 11:15", **rule) == "EE.E."
    # Neither before it nor after it may a late event break the cap.
    assert outcome("1 10:00, 1 10:30, 1 9:45", **rule) == "EE."


@pytest.mark.parametrize("where", ["goal", "behavior"])
def test_max_times_achievable_per_month_and_year_are_calendar_ones(where: str) -> None:
    def earned(events: str, **caps: Any) -> str:
        return outcome(events, caps) if where == "goal" else outcome(events, **caps)

    assert earned("1 10:00, 31 23:59, 32 00:00", max_times_achievable_per_month=1) == "E.E"
    assert earned("1 10:00, 31 23:59, 32 00:00, 60 10:00", max_times_achievable_per_year=1) == "E.E."


def test_goals_of_a_group_and_groups_are_joined_by_and() -> None:
    goals: Any = ({}, {"internal_event_name": "visit"}, {"internal_event_name": "review", "group_index": 1})
    assert outcome("1 10:00, 1 10:00, visit 1 11:00, review 1 12:00, review 1 13:00", *goals) == "...E."


def test_goal_count_of_a_group_says_how_many_are_enough() -> None:
    goals: Any = ({}, {"internal_event_name": "visit"}, {"internal_event_name": "review"})
    assert outcome("visit 1 10:00, review 1 11:00, 1 12:00", *goals, goal_counts=[2]) == ".E."
    assert outcome("visit 1 10:00, review 1 11:00, 1 12:00", *goals, goal_counts=[0]) == "..E"


def test_use_same_period_lets_completions_lapse() -> None:
    goals: Any = ({}, {"internal_event_name": "visit"})
    assert outcome("1 10:00, visit 3 10:00", *goals, period=DAY) == ".E"
    assert outcome("1 10:00, visit 3 10:00, 3 11:00", *goals, period=DAY, use_same_period=True) == "..E"


def test_min_time_between_events_of_a_behavior_spaces_its_earnings() -> None:
    assert outcome("1 10:00, 1 10:30, 1 11:00", min_time_between_events=HOUR) == "E.E"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"start_time": "08:00", "end_time": "12:00"}, "EE..."),
        ({"start_time": "23:00", "end_time": "08:01"}, "E..EE"),
        # December 1st, 2026 is a Tuesday; after midnight the window is still that of the day before.
        ({"start_time": "23:00", "end_time": "08:01", "days": ["tue"]}, "...EE"),
        ({"days": ["wed"]}, "....E"),
        ({"attributes": [{"attribute": "shop", "operator": "in", "values": ["Bern"]}]}, "EEEEE"),
        ({"attributes": [{"attribute": "size", "operator": "gte", "values": [10]}]}, "....."),
    ],
)
def test_event_filters_restrict_the_events_that_count(filters: dict[str, Any], expected: str) -> None:
    events = "1 08:00, 1 11:59, 1 12:00, 1 23:00, 2 00:15"
    assert outcome(events, {"event_filters": filters}, attributes={"shop": "Bern", "size": 9.5}) == expected


def test_attributes_that_are_only_stored_change_nothing() -> None:
    given = {"precise_event_count": 3.5, "unit_precision": 2, "result_trigger": "x"}
    assert outcome("1 10:00, 1 10:00", {"event_count": 2, **given}) == ".E"
