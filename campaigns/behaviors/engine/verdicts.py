"""What an event means to a goal."""

from enum import StrEnum


class Verdict(StrEnum):
    """Whether an event counts towards a goal, or the first rule that blocked it."""

    COUNTED = "counted"
    COMPLETED = "completed"
    FILTERED = "filtered"
    BEHAVIOR_IN_ALL = "behavior_max_times"
    BEHAVIOR_PER_PERIOD = "behavior_max_times_per_period"
    BEHAVIOR_PER_MONTH = "behavior_max_times_per_month"
    BEHAVIOR_PER_YEAR = "behavior_max_times_per_year"
    BEHAVIOR_SPACING = "behavior_min_time"
    GOAL_IN_ALL = "goal_max_times"
    GOAL_PER_PERIOD = "goal_max_times_per_period"
    GOAL_PER_MONTH = "goal_max_times_per_month"
    GOAL_PER_YEAR = "goal_max_times_per_year"
    WAITING = "waiting"
    THROTTLED = "throttled"
    SAME_DAY = "same_day"
    NO_MONEY = "no_money"


SENTENCES = {
    Verdict.COUNTED: "counts",
    Verdict.COMPLETED: "completes the goal",
    Verdict.FILTERED: "is not one of the events that the goal's filters let pass",
    Verdict.BEHAVIOR_IN_ALL: "comes when the behavior was earned as often as it may be at all",
    Verdict.BEHAVIOR_PER_PERIOD: "comes when the behavior was earned as often as it may be in a period",
    Verdict.BEHAVIOR_PER_MONTH: "comes when the behavior was earned as often as it may be in a month",
    Verdict.BEHAVIOR_PER_YEAR: "comes when the behavior was earned as often as it may be in a year",
    Verdict.BEHAVIOR_SPACING: "comes too soon after (or before) the behavior was earned",
    Verdict.GOAL_IN_ALL: "comes when the goal was completed as often as it may be at all",
    Verdict.GOAL_PER_PERIOD: "comes when the goal was completed as often as it may be in a period",
    Verdict.GOAL_PER_MONTH: "comes when the goal was completed as often as it may be in a month",
    Verdict.GOAL_PER_YEAR: "comes when the goal was completed as often as it may be in a year",
    Verdict.WAITING: "comes when the goal is complete and waits for the others",
    Verdict.THROTTLED: "comes too soon after (or before) an event that counted",
    Verdict.SAME_DAY: "is of a day that counted already",
    Verdict.NO_MONEY: "has no amount",
}
