"""Completing a campaign at once, and how far a customer has come."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.behaviors.progress import progress_in
from campaigns.models import AdCampaign, Completion, Event, Offer
from campaigns.user_campaigns.complete import complete_campaign
from customers.errors import DomainError
from customers.models import Customer, Organization
from tests.campaigns.behaviors.makers import NOW, add_outcome, make_behavior, make_live_behavior, record, times_earned
from tests.channels import make_live_campaign
from tests.factories import make_customer, make_organization

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def complete(customer: Customer, campaign: AdCampaign) -> list[int]:
    organization = Organization.objects.get(pk=customer.organization_id)
    return complete_campaign(organization=organization, campaign_id=campaign.pk, customer=customer, now=NOW + HOUR)


def test_completing_earns_all_behaviors_through_the_engine_until_their_caps() -> None:
    customer = make_customer(make_organization())
    campaign = make_live_campaign(customer.organization)
    goals = ({"event_count": 3}, {"internal_event_name": "visit", "group_index": 1})
    twice = make_behavior(campaign, *goals, max_times_achievable=2, tags="done", points=7)
    once = make_behavior(campaign, max_times_achievable_per_month=1)
    offer = Offer.objects.create(organization=customer.organization, name="Mug", limit_per_customer=1)
    add_outcome(twice, offer=offer)
    add_outcome(twice, event="buy")
    record(customer, NOW, NOW, name="other")
    assert complete(customer, campaign) == [twice.pk, once.pk]
    assert complete(customer, campaign) == [twice.pk]
    with pytest.raises(DomainError) as refused:
        complete(customer, campaign)
    assert refused.value.code == "failed_to_perform"
    customer.refresh_from_db()
    assert (customer.points, customer.tags) == (14, ["done"])
    assert (times_earned(twice), times_earned(once), offer.issued.count()) == (2, 1, 1)
    assert Event.objects.filter(name="buy").count() == 2
    assert not Completion.objects.filter(is_waiting=True).exists()


def test_a_campaign_is_completed_only_where_it_is_live_and_the_customer_qualified() -> None:
    customer = make_customer(make_organization())
    target = {"attribute": "tag", "operator": "in", "values": ["gold"]}
    targeted = make_live_campaign(customer.organization, target)
    draft = make_live_campaign(customer.organization, status="draft")
    over = make_live_campaign(customer.organization, ends_at=NOW)
    empty = make_live_campaign(customer.organization)
    for campaign in (targeted, draft, over):
        make_behavior(campaign)
    for campaign in (targeted, draft, over, empty):
        with pytest.raises(DomainError):
            complete(customer, campaign)
    assert not Completion.objects.exists()
    Customer.objects.filter(pk=customer.pk).update(tags=["gold"])
    assert len(complete(customer, targeted)) == 1


def test_progress_tells_how_far_and_when_the_next_event_counts() -> None:
    customer = make_customer(make_organization(time_zone="Europe/Zurich"))
    goals = (
        {"event_count": 3, "min_time_between_events": 7200},
        {"internal_event_name": "visit", "group_index": 1},
        {"internal_event_name": "spend", "event_count": 50, "eligible_spend": True, "group_index": 2},
    )
    behavior = make_live_behavior(customer.organization, *goals)
    monthly = make_live_behavior(customer.organization, max_times_achievable_per_month=1)
    spent = make_live_behavior(customer.organization, max_times_achievable=1)
    record(customer, NOW)
    record(customer, NOW, name="visit")
    campaigns = [one.campaign_id for one in (behavior, monthly, spent)]
    with CaptureQueriesContext(connection) as captured:
        found = progress_in(
            organization=customer.organization, customer_id=customer.pk, campaign_ids=campaigns, now=NOW + HOUR
        )
    assert len(captured) == 3
    ((mine,), (capped,), (over,)) = (found[campaign_id] for campaign_id in campaigns)
    assert [(goal.count, goal.completed, goal.next_countable_at) for goal in mine.goals] == [
        (1, False, NOW + 2 * HOUR),
        (1, True, None),
        (0, False, NOW + HOUR),
    ]
    assert (mine.times_earned, mine.completed, mine.can_earn) == (0, False, True)
    assert (capped.times_earned, capped.completed, capped.can_earn) == (1, True, False)
    next_month = (NOW.replace(day=30, hour=23, minute=0) - NOW) + NOW
    assert [(goal.completed, goal.next_countable_at) for goal in capped.goals] == [(True, next_month)]
    assert [(goal.completed, goal.next_countable_at) for goal in over.goals] == [(True, None)]


def test_progress_of_consecutive_days_is_the_run_that_may_go_on() -> None:
    customer = make_customer(make_organization())
    behavior = make_live_behavior(customer.organization, {"event_count": 5, "consecutive": True})

    def count(now: datetime) -> object:
        (progress,) = progress_in(
            organization=customer.organization, customer_id=customer.pk, campaign_ids=[behavior.campaign_id], now=now
        )[behavior.campaign_id]
        return progress.goals[0].count

    record(customer, NOW - 3 * DAY, NOW - DAY, NOW)
    assert [count(NOW), count(NOW + DAY), count(NOW + 2 * DAY)] == [2, 2, 0]
