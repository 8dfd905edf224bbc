"""Behaviors compiled for the engine, kept in process per organization and version stamp, as campaigns are.

Behaviors and their stamp come from one statement, hence from one snapshot; see `campaigns.queries.kept`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

import orjson
from django.db import connection

from campaigns.behaviors import Behavior, Caps, EventFilter, Goal
from campaigns.decisioning import Dated, Window
from campaigns.models.achievement import tags_in
from campaigns.queries.definitions import SCHEMA, TARGETS, WINDOW, compile_targets, read_window
from campaigns.queries.kept import KeptByVersion
from campaigns.targeting import CustomerFacts, compile_predicate, parse_event_targets
from customers.errors import DomainError

# Only names of tables and columns are put together here; values are parameters.
BEHAVIORS = f"""
SELECT organization.version, {SCHEMA},
    ARRAY(
        SELECT json_build_object(
            'behavior', to_json(behavior), 'campaign', campaign.name, 'window', {WINDOW.format(table="campaign")},
            'targets', {TARGETS.format(owner="bundle_id", id="bundle.id")},
            'goals', COALESCE((
                SELECT json_agg(to_json(goal) ORDER BY goal.group_index, goal.id) FROM campaigns_achievement goal
                WHERE goal.composite_id = behavior.id AND goal.deleted_at IS NULL
            ), '[]'::json),
            'had_more_goals', EXISTS (
                SELECT FROM campaigns_achievement goal
                WHERE goal.composite_id = behavior.id AND goal.deleted_at IS NOT NULL),
            'outcomes', COALESCE((
                SELECT json_agg(json_build_array(outcome.id, outcome.offer_id, event.name) ORDER BY outcome.id)
                FROM campaigns_outcome outcome LEFT JOIN campaigns_eventoutcome event ON event.id = outcome.event_id
                WHERE outcome.achievement_id = behavior.id
            ), '[]'::json),
            'messages', COALESCE((
                SELECT json_agg(json_build_array(unit.id, line_item.campaign_id, unit.group_id, unit.creative_type)
                                ORDER BY unit.id)
                FROM campaigns_adunit unit JOIN campaigns_adgroup part ON part.id = unit.group_id
                JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
                WHERE unit.status = 'live' AND unit.deleted_at IS NULL AND unit.delivery_method = 'triggered'
                AND unit.organization_id = behavior.organization_id AND (
                    unit.achievement_id = behavior.id
                    OR unit.id IN (SELECT unit_id FROM campaigns_outcome WHERE achievement_id = behavior.id))
            ), '[]'::json)
        )::text
        FROM campaigns_achievement behavior
        JOIN campaigns_adcampaign campaign ON campaign.id = behavior.campaign_id
        LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
        WHERE behavior.organization_id = organization.id AND behavior.composite_id IS NULL
        AND behavior.deleted_at IS NULL AND {{which}}
        ORDER BY behavior.id
    )
FROM customers_organization organization WHERE organization.id = %s::bigint
"""  # noqa: S608
LIVE = BEHAVIORS.format(which="campaign.status = 'live' AND campaign.deleted_at IS NULL")
OF_CAMPAIGNS = BEHAVIORS.format(which="campaign.id = ANY(%s::bigint[])")
# A chain of events that trigger each other is cut here, and where a name comes again.
MAXIMUM_CHAIN = 5
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
END_OF_DAY = "24:00"


@dataclass(frozen=True, slots=True)
class Message:
    """A live creative that is sent to whoever earns a behavior."""

    unit_id: int
    campaign_id: int
    group_id: int
    creative_type: str


@dataclass(frozen=True, slots=True)
class Earnable:
    """A behavior with its campaign and with what it leads to.

    `offers` are pairs of an outcome's and an offer's id, `events` names of further events.
    """

    behavior: Behavior
    campaign_id: int
    campaign_name: str
    window: Window
    meets: Callable[[CustomerFacts], bool]
    tags: tuple[str, ...]
    points: int
    offers: tuple[tuple[int, int], ...]
    messages: tuple[Message, ...]
    events: tuple[str, ...]

    def is_open(self, at: datetime) -> bool:
        """Whether what happened at a time may earn it."""
        return self.window.is_open(at)


@dataclass(frozen=True, slots=True)
class BehaviorRules:
    """An organization's behaviors as they stood at `version`; `texts` is what each was compiled from."""

    version: int
    schema: Mapping[str, str]
    by_id: Mapping[int, Earnable]
    by_event: Mapping[str, tuple[Earnable, ...]]
    texts: Mapping[int, str]
    _dated: dict[str, Dated[Earnable]] = field(default_factory=dict)
    _by_campaign: dict[int, list[Earnable]] = field(default_factory=dict)

    def open_at(self, name: str, at: datetime) -> list[Earnable]:
        """The behaviors that look at an event of a name and a time, in the order of their ids.

        Campaigns that are over at that time, or have not begun, cost nothing, however many there are.
        """
        dated = self._dated_of(name)
        return [] if dated is None else [earnable for earnable in dated.at(at) if earnable.is_open(at)]

    def next_opening(self, name: str, at: datetime) -> datetime | None:
        """When the next campaign begins that looks at events of a name; None where none is known to."""
        dated = self._dated_of(name)
        return None if dated is None else dated.next_start(at)

    def open_after(self, name: str, at: datetime) -> dict[str, list[Earnable]]:
        """The behaviors that look at an event, and at all further events that it may lead to, by the events' names."""
        found = {name: self.open_at(name, at)}
        latest = [name]
        for _ in range(MAXIMUM_CHAIN - 1):
            after = [further for before in latest for earnable in found[before] for further in earnable.events]
            latest = [further for further in dict.fromkeys(after) if further not in found]
            found |= {further: self.open_at(further, at) for further in latest}
        return found

    def of_campaign(self, campaign_id: int) -> list[Earnable]:
        """The behaviors of a campaign, in the order of their ids."""
        if not self._by_campaign:
            grouped: dict[int, list[Earnable]] = {}
            for earnable in self.by_id.values():
                grouped.setdefault(earnable.campaign_id, []).append(earnable)
            self._by_campaign.update(grouped)
        return self._by_campaign.get(campaign_id, [])

    def _dated_of(self, name: str) -> Dated[Earnable] | None:
        """Made for a name when it is first asked for."""
        if name not in self.by_event:
            return None
        if name not in self._dated:
            spans = ((one.window.starts_at, one.window.ends_at, one) for one in self.by_event[name])
            self._dated[name] = Dated(spans)
        return self._dated[name]


def get_behavior_rules(*, organization_id: int, version: int) -> BehaviorRules:
    """The behaviors of the organization's live campaigns, as new as `version` at least."""
    return _kept.get(organization_id=organization_id, version=version)


def behaviors_of_campaigns(*, organization_id: int, campaign_ids: Iterable[int]) -> list[Earnable]:
    """The behaviors of campaigns of the organization, live or not, as they stand now; in the order of their ids."""
    rules = _load(OF_CAMPAIGNS, [list(campaign_ids), organization_id], None)
    return list(rules.by_id.values())


def _load(statement: str, values: list[Any], before: BehaviorRules | None) -> BehaviorRules:
    """Load all, and compile what has changed since `before`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        version, schema_text, texts = cursor.fetchone()
    schema = orjson.loads(schema_text) if schema_text else {}
    usable = before if before is not None and before.schema == schema else None
    by_text = {text: usable.by_id[key] for key, text in usable.texts.items()} if usable else {}
    earnables = [by_text.get(text) or _compile(orjson.loads(text), schema) for text in texts]
    by_event: dict[str, list[Earnable]] = {}
    for earnable in earnables:
        for name in dict.fromkeys(goal.event_name for goal in earnable.behavior.goals):
            if name is not None:
                by_event.setdefault(name, []).append(earnable)
    return BehaviorRules(
        version=version,
        schema=schema,
        by_id={earnable.behavior.id: earnable for earnable in earnables},
        by_event={name: tuple(several) for name, several in by_event.items()},
        texts={earnable.behavior.id: text for earnable, text in zip(earnables, texts, strict=True)},
    )


_kept = KeptByVersion(lambda organization_id, _version, before: _load(LIVE, [organization_id], before))


def _compile(members: dict[str, Any], schema: Mapping[str, str]) -> Earnable:
    row = members["behavior"]
    outcomes = members["outcomes"]
    return Earnable(
        behavior=compile_behavior(row, members["goals"], had_more_goals=members["had_more_goals"]),
        campaign_id=row["campaign_id"],
        campaign_name=members["campaign"],
        window=read_window(members["window"]),
        meets=compile_targets(members["targets"], schema),
        tags=tuple(dict.fromkeys(tags_in(row["tags"]))),
        points=row["points"],
        offers=tuple((outcome_id, offer_id) for outcome_id, offer_id, _ in outcomes if offer_id is not None),
        messages=tuple(Message(*message) for message in members["messages"]),
        events=tuple(dict.fromkeys(name for *_, name in outcomes if name is not None)),
    )


def compile_behavior(
    row: Mapping[str, Any], goal_rows: Sequence[Mapping[str, Any]], *, had_more_goals: bool = False
) -> Behavior:
    """A behavior for the engine, from its row and those of its goals by the names of their columns."""
    goals = tuple(_goal(each) for each in goal_rows)
    period = _seconds(row["period"])
    spacing = _seconds(row["min_time_between_events"])
    return Behavior(
        id=row["id"],
        name=row["name"],
        goals=goals,
        enough=_enough(goals, row["goal_counts"]),
        same_period=period if row["use_same_period"] else None,
        caps=_caps(row, period, spacing),
        had_more_goals=had_more_goals,
    )


def _enough(goals: tuple[Goal, ...], goal_counts: list[int | None]) -> tuple[int, ...]:
    """How many goals of each group have to be complete; 0 and None are all of them, and so is more than there are."""
    last = max((goal.group for goal in goals), default=-1)
    groups = [sum(goal.group == index for goal in goals) for index in range(last + 1)]
    asked = [*goal_counts, *([None] * len(groups))]
    return tuple(min(asked[index] or number, number) for index, number in enumerate(groups))


def _goal(row: Mapping[str, Any]) -> Goal:
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


def _caps(row: Mapping[str, Any], period: timedelta | None, spacing: timedelta | None) -> Caps:
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
    """A span of time; none and one of no length are the same."""
    return timedelta(seconds=number) if number else None


def _filter(kept: dict[str, Any] | None) -> EventFilter | None:
    if not kept:
        return None
    try:
        conditions = parse_event_targets(kept.get("attributes") or [])
    except DomainError:
        return EventFilter(meets=lambda _facts: False)
    return EventFilter(
        start=_moment(kept.get("start_time")),
        end=_moment(kept.get("end_time")),
        days=frozenset(DAYS.index(day[:3].lower()) for day in kept.get("days") or []),
        meets=compile_predicate(conditions) if conditions else None,
    )


def _moment(text: str | None) -> time | None:
    return None if not text or text == END_OF_DAY else time.fromisoformat(text)
