"""Behaviors compiled for the engine and cached in each process by organization and version, as campaigns are.

Behaviors and the version are read in one statement, hence in one snapshot; see `campaigns.decisions.version_cache`. If
an older version is cached, only the behaviors of campaigns that changed since are loaded and compiled.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import orjson
from django.db import connection

from campaigns.behaviors.engine import Behavior, Caps, EventFilter, Goal
from campaigns.decisions.compiled import (
    CAMPAIGN_TARGETS,
    CAMPAIGN_WINDOW,
    CUSTOMER_SCHEMA,
    compile_targets,
    read_window,
)
from campaigns.decisions.engine import Dated, Span, Window
from campaigns.decisions.version_cache import BYTES_AT_LEAST, VersionCache
from campaigns.hierarchy.changes import CAMPAIGNS, CHANGES, IS_KNOWN, since
from campaigns.models.achievement import tags_in
from campaigns.schedule.levels import is_live
from campaigns.targeting import CustomerFacts, compile_predicate, parse_event_targets
from customers.errors import DomainError
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

BEHAVIOR_DEFINITIONS = SQL(
    "behavior_definitions",
    campaign_window=CAMPAIGN_WINDOW,
    campaign_targets=CAMPAIGN_TARGETS,
    creative_is_live=is_live("creative"),
)
IS_LIVE = is_live("campaign")
LOAD_LIVE_BEHAVIORS, LOAD_BEHAVIORS_OF_CAMPAIGNS = (
    SQL("load_behaviors", schema=CUSTOMER_SCHEMA, behaviors=BEHAVIOR_DEFINITIONS, which=which)
    for which in (IS_LIVE, "campaign.id = ANY(%s::bigint[])")
)
LOAD_CHANGED_BEHAVIORS = SQL(
    "load_changed_behaviors",
    changes=CHANGES,
    changed_campaigns=CAMPAIGNS,
    is_known=IS_KNOWN,
    behaviors=BEHAVIOR_DEFINITIONS,
    is_live=IS_LIVE,
)
# An entry takes so many bytes for each byte of the text it was compiled from (measured).
BYTES_A_BYTE = 3
# A chain of events that trigger each other ends after so many, or where a name is repeated.
MAXIMUM_CHAIN = 5
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
END_OF_DAY = "24:00"


@dataclass(frozen=True, slots=True)
class TriggeredCreative:
    """A live creative that is sent to customers who complete a behavior."""

    creative_id: int
    campaign_id: int
    group_id: int
    creative_type: str


@dataclass(frozen=True, slots=True)
class CompiledBehavior:
    """A behavior with its campaign and its outcomes.

    `offers` are pairs of an outcome's and an offer's id, `events` names of further events.
    """

    behavior: Behavior
    campaign_id: int
    campaign_name: str
    window: Window
    matches: Callable[[CustomerFacts], bool]
    tags: tuple[str, ...]
    points: int
    offers: tuple[tuple[int, int], ...]
    messages: tuple[TriggeredCreative, ...]
    events: tuple[str, ...]

    def is_open(self, at: datetime) -> bool:
        """Whether an event of this time may complete it."""
        return self.window.is_open(at)


# A row, or an object of several, as PostgreSQL writes it into JSON.
Row = Mapping[str, Any]
ByEvent = Mapping[str, Dated[CompiledBehavior]]


@dataclass(frozen=True, slots=True)
class BehaviorRules:
    """An organization's behaviors at `version`, in the order of their ids.

    `sizes` are those of the texts that each campaign's behaviors were compiled from, `size` is that of the whole entry,
    in bytes.
    """

    organization_id: int
    version: int
    schema: Mapping[str, str]
    by_campaign: Mapping[int, tuple[CompiledBehavior, ...]]
    by_event: ByEvent
    sizes: Mapping[int, int]
    size: int

    def open_at(self, name: str, at: datetime) -> list[CompiledBehavior]:
        """The behaviors that count events of a name at a time, in the order of their ids.

        Campaigns that have ended or not begun at that time cost nothing, whatever their number.
        """
        dated = self.by_event.get(name)
        return [] if dated is None else [compiled for compiled in dated.at(at) if compiled.is_open(at)]

    def next_opening(self, name: str, at: datetime) -> datetime | None:
        """When the next campaign begins that counts events of a name; None if there is none."""
        dated = self.by_event.get(name)
        return None if dated is None else dated.next_start(at)

    def open_after(self, name: str, at: datetime) -> dict[str, list[CompiledBehavior]]:
        """The behaviors that count an event, or one of those that it may trigger, by the events' names."""
        found = {name: self.open_at(name, at)}
        latest = [name]
        for _ in range(MAXIMUM_CHAIN - 1):
            after = [further for before in latest for compiled in found[before] for further in compiled.events]
            latest = [further for further in dict.fromkeys(after) if further not in found]
            found |= {further: self.open_at(further, at) for further in latest}
        return found

    def of_campaign(self, campaign_id: int) -> Sequence[CompiledBehavior]:
        """The behaviors of a campaign, in the order of their ids."""
        return self.by_campaign.get(campaign_id, ())


def get_behavior_rules(*, organization_id: int, version: int) -> BehaviorRules:
    """The behaviors of the organization's live campaigns, of `version` or newer."""
    return _cache.get(organization_id=organization_id, version=version)


def behaviors_of_campaigns(*, organization_id: int, campaign_ids: Iterable[int]) -> list[CompiledBehavior]:
    """The behaviors of some campaigns of the organization, live or not, read now; in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD_BEHAVIORS_OF_CAMPAIGNS, [list(campaign_ids), organization_id])
        _, schema_text, texts = cursor.fetchone()
    schema = orjson.loads(schema_text) if schema_text else {}
    return [_compile(orjson.loads(text), schema) for text in texts]


def _load(organization_id: int, _version: int, before: BehaviorRules | None) -> BehaviorRules:
    """Bring `before` up to date; load everything if there is none, or not all changes since are known."""
    return (None if before is None else _load_changed(before)) or _load_all(organization_id)


def _load_all(organization_id: int) -> BehaviorRules:
    with connection.cursor() as cursor:
        cursor.execute(LOAD_LIVE_BEHAVIORS, [organization_id])
        version, schema_text, texts = cursor.fetchone()
    schema = orjson.loads(schema_text) if schema_text else {}
    nothing = BehaviorRules(organization_id, version, schema, {}, {}, {}, BYTES_AT_LEAST)
    return _with(nothing, (), texts)


def _load_changed(before: BehaviorRules) -> BehaviorRules | None:
    """The current behaviors, made from those before; None if not all changes are known."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD_CHANGED_BEHAVIORS, since(before.organization_id, before.version))
        version, is_known, changed, texts = cursor.fetchone()
    return _with(replace(before, version=version), changed, texts) if is_known else None


def _with(before: BehaviorRules, changed: Collection[int], texts: Sequence[str]) -> BehaviorRules:
    """The behaviors with those of the changed campaigns replaced by `texts`; no text means no behaviors."""
    gone = [one for campaign_id in changed for one in before.by_campaign.get(campaign_id, ())]
    if not gone and not texts:
        return before
    come = [_compile(orjson.loads(text), before.schema) for text in texts]
    by_campaign, sizes = dict(before.by_campaign), dict(before.sizes)
    for campaign_id in changed:
        by_campaign.pop(campaign_id, None)
    freed = sum(sizes.pop(campaign_id, 0) for campaign_id in changed)
    for one, text in zip(come, texts, strict=True):
        by_campaign[one.campaign_id] = (*by_campaign.get(one.campaign_id, ()), one)
        sizes[one.campaign_id] = sizes.get(one.campaign_id, 0) + len(text)
    return replace(
        before,
        by_campaign=by_campaign,
        by_event=_with_behaviors(before.by_event, gone, come),
        sizes=sizes,
        size=before.size + BYTES_A_BYTE * (sum(map(len, texts)) - freed),
    )


def _with_behaviors(before: ByEvent, gone: Iterable[CompiledBehavior], come: Iterable[CompiledBehavior]) -> ByEvent:
    left: dict[str, list[int]] = defaultdict(list)
    new: dict[str, list[Span[CompiledBehavior]]] = defaultdict(list)
    for one in gone:
        for name in _names(one):
            left[name].append(one.behavior.id)
    for one in come:
        for name in _names(one):
            new[name].append(Span(one.window.starts_at, one.window.ends_at, one.behavior.id, one))
    now = dict(before)
    for name in {*left, *new}:
        dated = before[name].changed(left[name], new[name]) if name in before else Dated.of(new[name])
        if dated:
            now[name] = dated
        else:
            del now[name]
    return now


def _names(compiled: CompiledBehavior) -> list[str]:
    """The names of the events that its goals count."""
    return list(dict.fromkeys(goal.event_name for goal in compiled.behavior.goals if goal.event_name is not None))


_cache = VersionCache(_load)


def _compile(members: Row, schema: Mapping[str, str]) -> CompiledBehavior:
    row = members["behavior"]
    outcomes = members["outcomes"]
    return CompiledBehavior(
        behavior=compile_behavior(row, members["goals"], had_more_goals=members["had_more_goals"]),
        campaign_id=row["campaign_id"],
        campaign_name=members["campaign"],
        window=read_window(members["window"]),
        matches=compile_targets(members["targets"], schema),
        tags=tuple(dict.fromkeys(tags_in(row["tags"]))),
        points=row["points"],
        offers=tuple((outcome_id, offer_id) for outcome_id, offer_id, _ in outcomes if offer_id is not None),
        messages=tuple(TriggeredCreative(*message) for message in members["messages"]),
        events=tuple(dict.fromkeys(name for *_, name in outcomes if name is not None)),
    )


def compile_behavior(row: Row, goal_rows: Sequence[Row], *, had_more_goals: bool = False) -> Behavior:
    """A behavior for the engine, from its row and those of its goals by the names of their columns."""
    goals = tuple(_goal(each) for each in goal_rows)
    period = _seconds(row["period"])
    spacing = _seconds(row["min_time_between_events"])
    return Behavior(
        id=row["id"],
        name=row["name"],
        goals=goals,
        required_goals=_required_goals(goals, row["goal_counts"]),
        same_period=period if row["use_same_period"] else None,
        caps=_caps(row, period, spacing),
        had_more_goals=had_more_goals,
    )


def _required_goals(goals: tuple[Goal, ...], goal_counts: list[int | None]) -> tuple[int, ...]:
    """How many goals of each group are required; 0, None and more than there are mean all of them."""
    last = max((goal.group for goal in goals), default=-1)
    groups = [sum(goal.group == index for goal in goals) for index in range(last + 1)]
    asked = [*goal_counts, *([None] * len(groups))]
    return tuple(min(asked[index] or number, number) for index, number in enumerate(groups))


def _goal(row: Row) -> Goal:
    period = _seconds(row["period"])
    return Goal(
        id=row["id"],
        name=row["name"],
        group=row["group_index"],
        event_name=row["internal_event_name"],
        needed=row["event_count"],
        period=period,
        spacing=_seconds(row["min_time_between_events"]),
        spacing_count=row["min_time_between_events_count"],
        is_consecutive=row["consecutive"],
        counts_money=bool(row["eligible_spend"]),
        caps=_caps(row, period, None),
        filter=_filter(row["event_filters"]),
    )


def _caps(row: Row, period: timedelta | None, spacing: timedelta | None) -> Caps:
    return Caps(
        in_all=row["max_times_achievable"],
        per_period=row["max_times_achievable_per_period"],
        period=period,
        per_month=row["max_times_achievable_per_month"],
        per_year=row["max_times_achievable_per_year"],
        spacing=spacing,
        spacing_count=row["min_time_between_events_count"],
    )


def _seconds(number: int | None) -> timedelta | None:
    """A duration; 0 is the same as None."""
    return timedelta(seconds=number) if number else None


def _filter(kept: Row | None) -> EventFilter | None:
    if not kept:
        return None
    try:
        conditions = parse_event_targets(kept.get("attributes") or [])
    except DomainError:
        return EventFilter(predicate=lambda _facts: False)
    return EventFilter(
        start=_moment(kept.get("start_time")),
        end=_moment(kept.get("end_time")),
        days=frozenset(DAYS.index(day[:3].lower()) for day in kept.get("days") or []),
        predicate=compile_predicate(conditions) if conditions else None,
    )


def _moment(text: str | None) -> time | None:
    return None if not text or text == END_OF_DAY else time.fromisoformat(text)
