"""A behavior whose goals change while customers are on the way: what they have done stays done."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.behaviors.definitions import update_behavior
from campaigns.behaviors.engine import GoalProgress
from campaigns.behaviors.progress import progress_in
from campaigns.models import Achievement, Completion
from customers.models import Customer, Organization
from tests.campaigns.behaviors.makers import NOW, make_live_behavior, record
from tests.factories import make_customer, make_organization

pytestmark = pytest.mark.django_db
VISITS, PURCHASE = {"internal_event_name": "visit", "event_count": 3}, {"internal_event_name": "buy"}


def _keep(behavior: Achievement, *goals: Achievement, **changes: Any) -> None:
    described = [{"achievement": {"id": goal.pk, **changes}} for goal in goals]
    update_behavior(
        organization=behavior.organization,
        behavior_id=behavior.pk,
        now=NOW,
        changes={"goal_groups": [{"goals": described}]},
    )


def _progress(customer: Customer, behavior: Achievement) -> tuple[GoalProgress, ...]:
    organization = Organization.objects.get(pk=customer.organization_id)
    found = progress_in(
        organization=organization, customer_id=customer.pk, campaign_ids=[behavior.campaign_id], now=NOW
    )
    return found[behavior.campaign_id][0].goals


@pytest.mark.parametrize("visits", [VISITS, VISITS | {"event_count": 1}, VISITS | {"period": 3600}])
def test_a_waiting_goal_earns_after_the_others_are_removed(visits: dict[str, Any]) -> None:
    customer = make_customer(make_organization())
    behavior = make_live_behavior(customer.organization, visits, PURCHASE, PURCHASE)
    waiting, *others = Achievement.objects.filter(composite=behavior).order_by("id")
    record(customer, *[NOW] * visits["event_count"], name="visit")
    _keep(behavior, waiting)
    (left,) = _progress(customer, behavior)
    assert (left.count, left.completed) == (visits["event_count"], True)
    (recorded,) = record(customer, NOW, name="visit")
    assert recorded.earned == {behavior.pk: 1}
    assert not Completion.objects.filter(is_waiting=True).exists()
    (left,) = _progress(customer, behavior)
    assert (left.count, left.completed) == (0, False)
    assert not Completion.objects.filter(achievement__in=others).exists()


def test_a_waiting_goal_stays_complete_when_its_event_count_grows() -> None:
    customer = make_customer(make_organization())
    behavior = make_live_behavior(customer.organization, VISITS, PURCHASE)
    waiting, _other = Achievement.objects.filter(composite=behavior).order_by("id")
    record(customer, NOW, NOW, NOW, name="visit")
    _keep(behavior, waiting, event_count=9)
    assert record(customer, NOW, name="visit")[0].earned == {behavior.pk: 1}


def test_a_behavior_with_one_goal_needs_no_look_up_of_waiting_completions() -> None:
    customer = make_customer(make_organization())
    make_live_behavior(customer.organization, PURCHASE)
    record(customer, NOW)
    with CaptureQueriesContext(connection) as captured:
        record(customer, NOW)
    assert not [query for query in captured if "'waiting'" in query["sql"]]
