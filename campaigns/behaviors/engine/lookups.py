"""Look-ups in a customer's history that an event needs: short spans, whatever the history's length."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from campaigns.behaviors.engine.calendar import LONG_AGO, NEVER, day_around, shifted
from campaigns.behaviors.engine.caps import Caps
from campaigns.behaviors.engine.rules import Behavior, Goal

# More than a customer lives.
MOST_DAYS = 100_000


class LookupKind(StrEnum):
    """What is looked up: progress events (open ones, or all), waiting completions, completions, their number."""

    OPEN = "open"
    COUNTED = "counted"
    WAITING = "waiting"
    EARNED = "earned"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A span of a goal's or behavior's history; TOTAL counts at most `many` rows."""

    kind: LookupKind
    achievement_id: int
    since: datetime = LONG_AGO
    until: datetime = NEVER
    many: int | None = None


def lookups(behavior: Behavior, event_name: str | None, at: datetime, zone: ZoneInfo) -> Iterator[Lookup]:
    """The look-ups that `Tally.advance` needs for an event of a name at a time; without a name those of all goals.

    A period has fewer open events than the goal needs, and of all others at most as many as a cap or throttle allows:
    so each span has few rows.
    """
    yield from _of_caps(behavior.id, behavior.caps, at, zone)
    waits = len(behavior.goals) > 1 or behavior.had_more_goals
    for goal in behavior.goals:
        if waits:
            yield Lookup(LookupKind.WAITING, goal.id)
        if event_name is None or goal.event_name == event_name:
            yield from _of_goal(goal, at, zone)


def _of_goal(goal: Goal, at: datetime, zone: ZoneInfo) -> Iterator[Lookup]:
    yield from _of_caps(goal.id, goal.caps, at, zone)
    if not goal.is_immediate:
        yield _open(goal, at)
    if goal.spacing is not None:
        yield Lookup(LookupKind.COUNTED, goal.id, shifted(at, -goal.spacing), shifted(at, goal.spacing))
    if goal.is_consecutive:
        yield Lookup(LookupKind.COUNTED, goal.id, *day_around(at, zone))


def _open(goal: Goal, at: datetime) -> Lookup:
    span = goal.period
    if goal.counts_days:
        days = timedelta(days=min(goal.needed + 1, MOST_DAYS))
        span = days if span is None else min(days, span)
    if span is None:
        return Lookup(LookupKind.OPEN, goal.id)
    return Lookup(LookupKind.OPEN, goal.id, shifted(at, -span), shifted(at, span))


def _of_caps(achievement_id: int, caps: Caps, at: datetime, zone: ZoneInfo) -> Iterator[Lookup]:
    for since, until in caps.spans(at, zone):
        yield Lookup(LookupKind.EARNED, achievement_id, since, until)
    if caps.counted_in_all is not None:
        yield Lookup(LookupKind.TOTAL, achievement_id, many=caps.counted_in_all)
