"""Behaviors with their goals and outcomes: read in one statement, created in batches, updated, soft-deleted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection, transaction

from campaigns.behaviors.drafts import Description, describe, describe_goals
from campaigns.behaviors.outcomes import find_named, make_outcomes, replace_outcomes, save_outcomes
from campaigns.hierarchy.campaigns import lock_campaign
from campaigns.hierarchy.levels import deleted_name, mark_children_deleted
from campaigns.models import Achievement, AdCampaign, Outcome
from customers.errors import ErrorCollector, not_found
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.organizations.organizations import bump_version

SQL = NamedSQL(__file__)

Row = dict[str, Any]

BEHAVIORS_OF_CAMPAIGNS = SQL("select_behaviors", condition="composite.campaign_id = ANY(%s::bigint[])")
BEHAVIORS_BY_IDS = SQL("select_behaviors", condition="composite.id = ANY(%s::bigint[])")


@dataclass(frozen=True, slots=True)
class BehaviorDefinition:
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
        """How many goals of a group are required, as answers show it; 0 for all of them."""
        counts: list[int | None] = self.composite["goal_counts"]
        given = counts[group_index] if group_index < len(counts) else None
        return len(self.groups[group_index]) if given is None else given


def behaviors_of(*, organization: Organization, campaign_ids: Sequence[int]) -> list[BehaviorDefinition]:
    """The behaviors of campaigns that aren't deleted, oldest first."""
    return _read(BEHAVIORS_OF_CAMPAIGNS, organization, campaign_ids)


def behaviors_by_ids(*, organization: Organization, behavior_ids: Sequence[int]) -> list[BehaviorDefinition]:
    """The behaviors of these ids that aren't deleted, oldest first."""
    return _read(BEHAVIORS_BY_IDS, organization, behavior_ids)


def get_behavior(*, organization: Organization, behavior_id: int) -> BehaviorDefinition:
    """One behavior; DomainError `not_found` if it is deleted, and for the id of a goal."""
    found = behaviors_by_ids(organization=organization, behavior_ids=[behavior_id])
    if not found:
        raise not_found("Behavior")
    return found[0]


def _read(statement: str, organization: Organization, ids: Sequence[int]) -> list[BehaviorDefinition]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [organization.pk, list(ids)])
        return [BehaviorDefinition(**orjson.loads(text)) for (text,) in cursor.fetchall()]


# Ids in the order of the samples: each goal's before its behavior's.
NEXT_IDS = "SELECT nextval(pg_get_serial_sequence('campaigns_achievement', 'id')) FROM generate_series(1, %s::int)"
ROWS_A_STATEMENT = 1000


@transaction.atomic
def create_behaviors(
    *, organization: Organization, campaign_id: int, behaviors: Sequence[Description]
) -> list[BehaviorDefinition]:
    """Create behaviors of a campaign, all or none; an error names each offending attribute with its index.

    A description has the shape of contract 1's request: `name`, `data`, `goal_groups` with their `goals`, and
    optionally `tags`, `points`, `outcome_config`. The caller has checked the types; the rules are checked here.
    """
    lock_campaign(organization=organization, campaign_id=campaign_id)
    configs = [config for description in behaviors for config in description.get("outcome_config") or ()]
    known = find_named(organization=organization, campaign_id=campaign_id, configs=configs)
    errors = ErrorCollector()
    composites: list[Achievement] = []
    rows: list[Achievement] = []
    outcomes: list[Outcome] = []
    ids = _next_ids(behaviors)
    for index, description in enumerate(behaviors):
        path = f"behaviors[{index}]."
        composite = Achievement(organization=organization, campaign_id=campaign_id)
        goals = _describe_new(composite, description, ids, errors, path)
        rows += [*goals, composite]
        outcomes += make_outcomes(composite, description.get("outcome_config") or (), known, errors, path)
        composites.append(composite)
    errors.raise_if_any()
    Achievement.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
    save_outcomes(outcomes)
    bump_version(organization=organization, changed={AdCampaign: [campaign_id]})
    return behaviors_by_ids(organization=organization, behavior_ids=[composite.pk for composite in composites])


def _describe_new(
    composite: Achievement, description: Description, ids: Iterator[int], errors: ErrorCollector, path: str
) -> list[Achievement]:
    """Set the attributes and ids of a new behavior and its goals."""
    *goal_ids, composite.pk = islice(ids, _size(description))
    describe(composite, description, errors, path)
    goals = describe_goals(composite, description["goal_groups"], errors, path)
    for goal, goal_id in zip(goals, goal_ids, strict=True):
        goal.pk = goal_id
    return goals


@transaction.atomic
def update_behavior(
    *, organization: Organization, behavior_id: int, changes: Description, now: datetime
) -> BehaviorDefinition:
    """Update the attributes in `changes`: members of `data` one by one, goals and outcomes as a whole.

    A goal with the id of one of the behavior's goals updates it; goals that are left out are deleted.
    """
    composite = lock_behavior(organization=organization, behavior_id=behavior_id)
    errors = ErrorCollector()
    describe(composite, changes, errors)
    before = {goal.pk: goal for goal in Achievement.objects.filter(composite=composite, deleted_at__isnull=True)}
    goals = None
    if "goal_groups" in changes:
        goals = describe_goals(composite, changes["goal_groups"], errors, known=before)
    outcomes = _describe_outcomes(composite, changes, errors)
    errors.raise_if_any()
    composite.save()
    if goals is not None:
        _replace_goals(before, goals, now)
    if outcomes is not None:
        replace_outcomes(composite, outcomes)
    bump_version(organization=organization, changed={Achievement: [behavior_id]})
    return get_behavior(organization=organization, behavior_id=behavior_id)


@transaction.atomic
def delete_behavior(*, organization: Organization, behavior_id: int, now: datetime) -> BehaviorDefinition:
    """Soft-delete a behavior and its goals; the answer has its new name."""
    composite = lock_behavior(organization=organization, behavior_id=behavior_id)
    behavior = get_behavior(organization=organization, behavior_id=behavior_id)
    composite.name = behavior.composite["name"] = deleted_name(composite.name, now)
    composite.deleted_at = now
    composite.save(update_fields=["deleted_at", "name", "updated_at"])
    mark_children_deleted(Achievement.objects.filter(composite=composite), now=now)
    bump_version(organization=organization, changed={Achievement: [behavior_id]})
    return behavior


def lock_behavior(*, organization: Organization, behavior_id: int) -> Achievement:
    """The behavior, locked with its campaign until the transaction ends; DomainError `not_found` if it is deleted."""
    living = Achievement.objects.filter(
        organization=organization, id=behavior_id, composite__isnull=True, deleted_at__isnull=True
    )
    campaign_id = living.values_list("campaign_id", flat=True).first()
    if campaign_id is None:
        raise not_found("Behavior")
    # The campaign first, in the order of locks.
    lock_campaign(organization=organization, campaign_id=campaign_id)
    composite = living.select_for_update(no_key=True).first()
    if composite is None:
        raise not_found("Behavior")
    composite.organization = organization
    return composite


def _describe_outcomes(composite: Achievement, changes: Description, errors: ErrorCollector) -> list[Outcome] | None:
    if "outcome_config" not in changes:
        return None
    configs = changes["outcome_config"] or ()
    known = find_named(organization=composite.organization, campaign_id=composite.campaign_id, configs=configs)
    return make_outcomes(composite, configs, known, errors)


def _replace_goals(before: Mapping[int, Achievement], goals: Sequence[Achievement], now: datetime) -> None:
    kept = {goal.pk for goal in goals}
    mark_children_deleted(Achievement.objects.filter(id__in=before.keys() - kept), now=now)
    for goal in goals:
        if goal.pk in before:
            goal.save()
    Achievement.objects.bulk_create([goal for goal in goals if goal.pk is None])


def _size(description: Description) -> int:
    """The number of rows of a behavior and its goals."""
    return 1 + sum(len(group["goals"]) for group in description["goal_groups"])


def _next_ids(behaviors: Sequence[Description]) -> Iterator[int]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_IDS, [sum(map(_size, behaviors))])
        return iter(sorted(number for (number,) in cursor.fetchall()))
