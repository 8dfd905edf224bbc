"""How far a goal is at a moment: how much is counted, and when the next event would count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.behaviors.engine.calendar import NEVER, local_day
from campaigns.behaviors.engine.counting import GoalCount
from campaigns.behaviors.engine.pools import Mark
from campaigns.behaviors.engine.tally import Tally

# How many rules in a row may delay the time at which an event counts again.
MOST_DELAYS = 20


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """`count` of `event_count` events, days or money; `next_countable_at` None where no event will count any more."""

    id: int
    name: str
    count: Decimal | int
    event_count: int
    completed: bool
    next_countable_at: datetime | None


def goal_progress(tally: Tally, goal_id: int, now: datetime, zone: ZoneInfo) -> GoalProgress:
    """A goal's progress at `now`: completed while it waits, and where the behavior can't be earned any more."""
    own, period = tally.goal(goal_id), tally.behavior.same_period
    goal, since = own.goal, own.waits_since
    is_waiting = since is not None and (period is None or now - since < period)
    completed = is_waiting or (tally.blocking_cap(now) is not None and tally.was_earned)
    if goal.counts_days:
        so_far: Decimal | int = _days_in_a_row(_current(own, now), now, zone)
    else:
        total = sum((Decimal(mark.weight) for mark in _current(own, now)), Decimal(0))
        so_far = total if goal.counts_money else int(total)
    count = goal.needed if completed else min(so_far, goal.needed)
    return GoalProgress(goal.id, goal.name, count, goal.needed, completed, _next_countable(tally, own, now))


def _current(own: GoalCount, now: datetime) -> Sequence[Mark]:
    """The open events in the period that ends at `now`."""
    period = own.goal.period
    return [mark for mark in own.pool.marks if mark.at <= now and (period is None or now - mark.at < period)]


def _days_in_a_row(marks: Sequence[Mark], now: datetime, zone: ZoneInfo) -> int:
    """The number of consecutive days with events up to today, or up to yesterday while today has none."""
    days = {local_day(mark.at, zone).toordinal() for mark in marks}
    today = local_day(now, zone).toordinal()
    day = today if today in days else today - 1
    number = 0
    while day - number in days:
        number += 1
    return number


def _next_countable(tally: Tally, own: GoalCount, now: datetime) -> datetime | None:
    at = now
    for _ in range(MOST_DELAYS):
        reason = tally.blocking_cap(at)
        rule = own.blocking_rule(at) if reason is None else None
        if reason is not None:
            at = tally.blocked_until(reason, at)
        elif rule is not None:
            at = own.until(rule, at)
        else:
            return at
        if at >= NEVER:
            return None
    return None
