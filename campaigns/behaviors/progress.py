"""How far a customer has come with the behaviors of campaigns (contract 4, "progress section")."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count

from campaigns.behaviors.compiled import Earnable, behaviors_of_campaigns
from campaigns.behaviors.engine import Tally, goal_standing, lookups
from campaigns.behaviors.state import StateStore, load_states
from campaigns.models import Completion
from customers.models import Organization


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """`count` of `event_count` events, days or money; `next_countable_at` None where no event will count any more."""

    id: int
    name: str
    count: Decimal | int
    event_count: int
    completed: bool
    next_countable_at: datetime | None


@dataclass(frozen=True, slots=True)
class BehaviorProgress:
    """`completed`: earned at least once. `can_earn`: no cap forbids to earn it now (targets and dates aside)."""

    behavior_id: int
    name: str
    times_earned: int
    completed: bool
    can_earn: bool
    goals: tuple[GoalProgress, ...]


def progress_in(
    *, organization: Organization, customer_id: int, campaign_ids: Iterable[int], now: datetime
) -> dict[int, list[BehaviorProgress]]:
    """The progress of a customer (`customer_id` is the row's) by campaign id, in three queries, live or not."""
    found: dict[int, list[BehaviorProgress]] = {campaign_id: [] for campaign_id in campaign_ids}
    earnables = behaviors_of_campaigns(organization_id=organization.pk, campaign_ids=found)
    zone = organization.zone
    store = load_states((customer_id, lookup) for one in earnables for lookup in lookups(one.behavior, None, now, zone))
    completions = Completion.objects.filter(
        organization=organization, customer_id=customer_id, achievement_id__in=[one.behavior.id for one in earnables]
    )
    times = dict(completions.values_list("achievement_id").annotate(times=Count("id")).order_by())
    for one in earnables:
        progress = _progress(organization, customer_id, one, store, times.get(one.behavior.id, 0), now)
        found[one.campaign_id].append(progress)
    return found


def _progress(
    organization: Organization, customer_id: int, one: Earnable, store: StateStore, times: int, now: datetime
) -> BehaviorProgress:
    zone, behavior = organization.zone, one.behavior
    tally = Tally(behavior, store.state(customer_id, behavior), zone)
    goals = []
    for goal in behavior.goals:
        standing = goal_standing(tally, goal.id, now, zone)
        goals.append(
            GoalProgress(
                goal.id, goal.name, standing.count, goal.needed, standing.is_completed, standing.next_countable_at
            )
        )
    return BehaviorProgress(behavior.id, behavior.name, times, times > 0, tally.full(now) is None, tuple(goals))
