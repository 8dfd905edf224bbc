"""Living behaviors with their goals and outcomes, however many, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from customers.errors import not_found
from customers.models import Organization

Row = dict[str, Any]

# Only the condition is put in, from the constants below; values are parameters.
BEHAVIORS = """
SELECT json_build_object(
    'composite', to_jsonb(composite),
    'goals', COALESCE((
        SELECT json_agg(to_jsonb(goal) ORDER BY goal.group_index, goal.id)
        FROM campaigns_achievement goal WHERE goal.composite_id = composite.id AND goal.deleted_at IS NULL
    ), '[]'::json),
    'outcomes', COALESCE((
        SELECT json_agg(to_jsonb(outcome) ORDER BY outcome.id)
        FROM campaigns_outcome outcome WHERE outcome.achievement_id = composite.id
    ), '[]'::json)
)::text
FROM campaigns_achievement composite JOIN campaigns_adcampaign campaign ON campaign.id = composite.campaign_id
WHERE composite.organization_id = %s::bigint AND {condition} AND composite.composite_id IS NULL
    AND composite.deleted_at IS NULL AND campaign.deleted_at IS NULL
ORDER BY composite.id
"""
OF_CAMPAIGNS = BEHAVIORS.format(condition="composite.campaign_id = ANY(%s::bigint[])")
BY_IDS = BEHAVIORS.format(condition="composite.id = ANY(%s::bigint[])")


@dataclass(frozen=True, slots=True)
class Behavior:
    """A composite achievement, its goals (by group, then id) and its outcomes: each a row by the names of its columns.

    Times are texts in UTC, as PostgreSQL writes them into JSON.
    """

    composite: Row
    goals: list[Row]
    outcomes: list[Row]

    @property
    def groups(self) -> list[list[Row]]:
        """The goals of each goal group."""
        number = max([len(self.composite["goal_counts"]), *(goal["group_index"] + 1 for goal in self.goals)])
        groups: list[list[Row]] = [[] for _ in range(number)]
        for goal in self.goals:
            groups[goal["group_index"]].append(goal)
        return groups

    def goal_count(self, group_index: int) -> int:
        """How many goals of a group are enough, as it is answered; 0 for all of them."""
        counts: list[int | None] = self.composite["goal_counts"]
        given = counts[group_index] if group_index < len(counts) else None
        return len(self.groups[group_index]) if given is None else given


def behaviors_of(*, organization: Organization, campaign_ids: Sequence[int]) -> list[Behavior]:
    """The living behaviors of campaigns, the oldest first."""
    return _read(OF_CAMPAIGNS, organization, campaign_ids)


def behaviors_by_ids(*, organization: Organization, behavior_ids: Sequence[int]) -> list[Behavior]:
    """Those of these ids that live, the oldest first."""
    return _read(BY_IDS, organization, behavior_ids)


def get_behavior(*, organization: Organization, behavior_id: int) -> Behavior:
    """One living behavior; DomainError `not_found`, also for a goal, which is reached through its behavior."""
    found = behaviors_by_ids(organization=organization, behavior_ids=[behavior_id])
    if not found:
        raise not_found("Behavior")
    return found[0]


def _read(statement: str, organization: Organization, ids: Sequence[int]) -> list[Behavior]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [organization.pk, list(ids)])
        return [Behavior(**orjson.loads(text)) for (text,) in cursor.fetchall()]
