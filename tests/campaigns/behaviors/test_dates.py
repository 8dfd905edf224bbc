"""Campaigns that are over, or have not begun, cost an event nothing, and count what happened within their dates."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from campaigns.behaviors.run import CustomerEvent
from campaigns.decisions.engine import Dated, Span
from campaigns.models import Achievement, AdCampaign
from campaigns.user_campaigns.complete import complete_campaign
from customers.models import Customer, Organization
from customers.organizations.organizations import bump_version
from tests.campaigns.behaviors.makers import NOW, make_behavior, make_live_behavior, record, times_earned
from tests.channels import STARTS_AT, make_live_campaign
from tests.factories import make_customer, make_organization, make_trail
from tests.steps import steps_of
from traces.actions import Activity, record_action
from traces.models.action import ActionType

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Behaviors are looked at with states, effects and locks; an event that none looks at is one statement.
KEPT_ONLY = 1


@given(
    spans=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40),
    moments=st.lists(st.integers(-1, 21), min_size=1, max_size=10),
)
def test_items_open_at_a_time_are_found_in_order(spans: list[tuple[int, int]], moments: list[int]) -> None:
    dated = Dated.of(_spans(spans))
    for moment in moments:
        expected = [number for number, (start, end) in enumerate(spans) if start <= moment < end]
        assert dated.at(NOW + moment * DAY) == expected
        later = [start for start, _ in spans if start > moment]
        assert dated.next_start(NOW + moment * DAY) == (NOW + min(later) * DAY if later else None)


@given(
    spans=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=200),
    changes=st.lists(
        st.lists(st.tuples(st.integers(0, 200), st.integers(0, 20), st.integers(0, 20)), max_size=30), max_size=10
    ),
)
def test_a_dated_index_after_changes_equals_a_new_one(
    spans: list[tuple[int, int]], changes: list[list[tuple[int, int, int]]]
) -> None:
    dated = Dated.of(_spans(spans))
    present = {span.rank: span for span in _spans(spans)}
    for change in changes:
        # What ends at its beginning is taken away.
        gone = {rank for rank, start, end in change if start == end}
        come = [Span(NOW + start * DAY, NOW + end * DAY, rank, rank) for rank, start, end in change if rank not in gone]
        dated = dated.changed(gone, come)
        present = {rank: span for rank, span in present.items() if rank not in gone} | {one.rank: one for one in come}
        anew = Dated.of(present.values())
        assert len(dated) == len(anew)
        for day in range(-1, 22):
            assert dated.at(NOW + day * DAY) == anew.at(NOW + day * DAY)
            assert dated.next_start(NOW + day * DAY) == anew.next_start(NOW + day * DAY)


def _spans(spans: list[tuple[int, int]]) -> list[Span[int]]:
    return [Span(NOW + start * DAY, NOW + end * DAY, rank, rank) for rank, (start, end) in enumerate(spans)]


def make_old_behaviors(organization: Organization, number: int, **dates: object) -> None:
    """Behaviors of campaigns that are over since a day ago, unless `dates` say otherwise."""
    several = {"starts_at": STARTS_AT, "ends_at": NOW - DAY} | dates
    campaigns = AdCampaign.objects.bulk_create(
        AdCampaign(
            organization=organization, name=f"old {uuid.uuid4()}", permalink=f"{uuid.uuid4()}", status="live", **several
        )
        for _ in range(number)
    )
    behaviors = Achievement.objects.bulk_create(
        Achievement(organization=organization, campaign=one, name=one.name) for one in campaigns
    )
    Achievement.objects.bulk_create(
        Achievement(
            organization=organization,
            campaign=one.campaign,
            composite=one,
            name="goal",
            internal_event_name="buy",
            event_count=3,
        )
        for one in behaviors
    )
    bump_version(organization=organization)


@pytest.mark.django_db
def test_campaigns_that_have_ended_or_not_begun_need_no_look_ups() -> None:
    steps = []
    for number in (30, 300):
        customer = make_customer(make_organization())
        make_old_behaviors(customer.organization, number)
        make_old_behaviors(customer.organization, number, starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
        record(customer, NOW - 2 * DAY, NOW)
        with CaptureQueriesContext(connection) as captured:
            record(customer, NOW, NOW - HOUR)
        assert _told(captured) == KEPT_ONLY
        steps.append(steps_of(partial(record, customer, *[NOW] * 20), "campaigns"))
    # Ten times as many of them are three steps more down a tree.
    assert steps[1] < 1.5 * steps[0]


def _told(captured: CaptureQueriesContext) -> int:
    """The statements on tables of campaigns and locks."""
    return sum("campaigns_" in query["sql"] or "FOR NO KEY UPDATE" in query["sql"] for query in captured)


@pytest.mark.django_db
def test_late_events_of_a_batch_count_at_their_own_times() -> None:
    customer = make_customer(make_organization())
    organization = customer.organization
    over = make_behavior(make_live_campaign(organization, ends_at=NOW - DAY))
    ended = make_behavior(make_live_campaign(organization, starts_at=NOW - 2 * DAY, ends_at=NOW))
    future = make_behavior(make_live_campaign(organization, starts_at=NOW + DAY))
    events = [NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY, NOW - HOUR, NOW, NOW + DAY]
    recorded = record(customer, *events)
    assert [sorted(one.earned) for one in recorded] == [
        [over.pk],
        [over.pk, ended.pk],
        *[[ended.pk]] * 2,
        [],
        [future.pk],
    ]


@pytest.mark.django_db
def test_a_cached_campaign_ends_and_begins_at_its_dates() -> None:
    customer = make_customer(make_organization())
    ending = make_behavior(make_live_campaign(customer.organization, ends_at=NOW + HOUR))
    coming = make_behavior(make_live_campaign(customer.organization, starts_at=NOW + 2 * HOUR))
    trail = make_trail(customer)
    activity = Activity("buy", ActionType.ACTION, [])
    statements = []
    for hours in (0, 1, 1.5, 2):
        with CaptureQueriesContext(connection) as captured:
            record_action(trail_id=trail.uuid, activity=activity, now=NOW + hours * HOUR)
        statements.append(len(captured))
    assert (times_earned(ending), times_earned(coming)) == (1, 1)
    # Between the two nothing is looked at, which is found out once.
    assert statements[2] == KEPT_ONLY < statements[1] < statements[3]
    # What is changed meanwhile is looked at again.
    make_live_behavior(customer.organization)
    with CaptureQueriesContext(connection) as captured:
        record_action(trail_id=trail.uuid, activity=activity, now=NOW + 1.5 * HOUR)
    assert len(captured) > statements[1]


@pytest.mark.django_db
def test_completing_a_campaign_loads_its_own_behaviors_only() -> None:
    steps = []
    for number in (30, 300):
        customer = make_customer(make_organization())
        campaign = make_live_campaign(customer.organization)
        behavior = make_behavior(campaign)
        make_old_behaviors(customer.organization, number)
        _complete(customer, campaign)
        steps.append(steps_of(partial(_complete, customer, campaign), "campaigns"))
        assert times_earned(behavior) == 2
    assert steps[1] < 1.5 * steps[0]


def _complete(customer: Customer, campaign: AdCampaign) -> None:
    organization = Organization.objects.get(pk=customer.organization_id)
    complete_campaign(organization=organization, campaign_id=campaign.pk, customer=customer, now=NOW)


@pytest.mark.django_db
def test_ended_campaigns_count_no_triggered_events_either() -> None:
    customer = make_customer(make_organization())
    make_old_behaviors(customer.organization, 2)
    event = CustomerEvent(customer.pk, "buy", NOW - 2 * DAY)
    assert [one.earned for one in record(customer, event, event, CustomerEvent(customer.pk, "buy", NOW))] == [{}] * 3
    assert len(record(customer, event)[0].earned) == 2
