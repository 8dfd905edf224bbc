"""How a goal stands at a moment: how much is counted, and when the next event would be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.behaviors.engine.calendar import NEVER, local_day
from campaigns.behaviors.engine.counting import GoalCount
from campaigns.behaviors.engine.pools import Mark
from campaigns.behaviors.engine.tally import Tally

# How many rules one after the other may put off the time when an event counts again.
MOST_DELAYS = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """How a goal stands: `count` of what it needs; `next_countable_at` None where no event will count any more."""

    count: Decimal | int
    is_completed: bool
    next_countable_at: datetime | None


def goal_standing(tally: Tally, goal_id: int, now: datetime, zone: ZoneInfo) -> Standing:
    """How a goal stands at `now`; it is complete while it waits, and where the behavior can't be earned any more."""
    own, period = tally.goal(goal_id), tally.behavior.same_period
    goal, since = own.goal, own.waits_since
    is_waiting = since is not None and (period is None or now - since < period)
    is_completed = is_waiting or (tally.full(now) is not None and tally.was_earned)
    if goal.counts_days:
        so_far: Decimal | int = _days_in_a_row(_current(own, now), now, zone)
    else:
        total = sum((Decimal(mark.weight) for mark in _current(own, now)), Decimal(0))
        so_far = total if goal.counts_money else int(total)
    counted = goal.needed if is_completed else min(so_far, goal.needed)
    return Standing(counted, is_completed, _next_countable(tally, own, now))


def _current(own: GoalCount, now: datetime) -> Sequence[Mark]:
    """The open events that may be in one period with `now`, those to come left out."""
    period = own.goal.period
    return [mark for mark in own.pool.marks if mark.at <= now and (period is None or now - mark.at < period)]


def _days_in_a_row(marks: Sequence[Mark], now: datetime, zone: ZoneInfo) -> int:
    """How many days one after the other have events, up to today, or to yesterday while today may still get one."""
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
        full = tally.full(at)
        refused = own.obstacle(at) if full is None else None
        if full is not None:
            at = tally.full_until(full, at)
        elif refused is not None:
            at = own.until(refused, at)
        else:
            return at
        if at >= NEVER:
            return None
    return None
