"""A customer's progress in the behaviors of campaigns (contract 4, "progress section")."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from campaigns.behaviors.compiled import CompiledBehavior, behaviors_of_campaigns
from campaigns.behaviors.engine import GoalProgress, Tally, goal_progress, lookups
from campaigns.behaviors.state import StateStore, load_states
from campaigns.models import Completion
from customers.models import Organization


@dataclass(frozen=True, slots=True)
class BehaviorProgress:
    """`completed`: earned at least once. `can_earn`: no cap is reached now; targets and dates are not considered."""

    behavior_id: int
    name: str
    times_earned: int
    completed: bool
    can_earn: bool
    goals: tuple[GoalProgress, ...]


def progress_in(
    *, organization: Organization, customer_id: int, campaign_ids: Iterable[int], now: datetime
) -> dict[int, list[BehaviorProgress]]:
    """The progress of a customer (`customer_id` is the primary key) by campaign id, in three queries, live or not."""
    found: dict[int, list[BehaviorProgress]] = {campaign_id: [] for campaign_id in campaign_ids}
    compiled = behaviors_of_campaigns(organization_id=organization.pk, campaign_ids=found)
    zone = organization.zone
    store = load_states((customer_id, lookup) for one in compiled for lookup in lookups(one.behavior, None, now, zone))
    completions = Completion.objects.filter(
        organization=organization, customer_id=customer_id, achievement_id__in=[one.behavior.id for one in compiled]
    )
    times = dict(completions.values_list("achievement_id").annotate(times=Count("id")).order_by())
    for one in compiled:
        progress = _progress(organization, customer_id, one, store, times.get(one.behavior.id, 0), now)
        found[one.campaign_id].append(progress)
    return found


def _progress(
    organization: Organization, customer_id: int, one: CompiledBehavior, store: StateStore, times: int, now: datetime
) -> BehaviorProgress:
    zone, behavior = organization.zone, one.behavior
    tally = Tally(behavior, store.state(customer_id, behavior), zone)
    goals = tuple(goal_progress(tally, goal.id, now, zone) for goal in behavior.goals)
    return BehaviorProgress(behavior.id, behavior.name, times, times > 0, tally.blocking_cap(now) is None, goals)
