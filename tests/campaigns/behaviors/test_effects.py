"""What earning leads to, all in one transaction: tags, points, offers, messages, further events."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.behaviors.run import CustomerEvent
from campaigns.models import (
    Completion,
    Event,
    GoalProgressEvent,
    IssuedOffer,
    Offer,
    Participation,
    PointsEntry,
    Recipient,
)
from customers.customers.merging import identify
from customers.models import Customer
from tests.campaigns.behaviors.makers import (
    NOW,
    add_message,
    add_outcome,
    make_behavior,
    make_live_behavior,
    record,
    times_earned,
)
from tests.channels import make_live_campaign
from tests.factories import (
    make_anonymous,
    make_customer,
    make_organization,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_tags_points_offers_and_further_events_in_as_many_statements_for_many_as_for_one() -> None:
    organization = make_organization()
    ann, ben = make_customer(organization, tags=["old", "a"]), make_customer(organization)
    mug = Offer.objects.create(organization=organization, name="Mug", points=5, total_limit=2)
    behavior = make_live_behavior(organization, {"event_count": 2}, tags="a\nb\n", points=10)
    add_outcome(behavior, offer=mug)
    add_outcome(behavior, event="bought twice")
    after = make_live_behavior(organization, {"internal_event_name": "bought twice"}, tags="c", points=1)
    record(ann, NOW)
    counts = []
    for several in ([ann], [ann, ben] * 4):
        with CaptureQueriesContext(connection) as captured:
            recorded = record(ann, *(CustomerEvent(each.pk, "buy", NOW) for each in several))
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert sum(one.earned.get(behavior.pk, 0) for one in recorded) == times_earned(behavior) - 1 == 4
    ann.refresh_from_db()
    assert ann.tags == ["old", "a", "b", "c"]
    # The mug was given twice only; the behavior was earned all the same.
    assert (IssuedOffer.objects.count(), times_earned(after)) == (2, 5)
    assert sum(PointsEntry.objects.filter(customer=ann).values_list("amount", flat=True)) == ann.points
    assert sum(Customer.objects.values_list("points", flat=True)) == 5 * 11 + 2 * 5
    assert Event.objects.filter(name="bought twice").count() == 5


def test_chains_of_triggered_events_end() -> None:
    customer = make_customer(make_organization())
    for name, after in (("buy", "a"), ("a", "buy"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")):
        add_outcome(make_live_behavior(customer.organization, {"internal_event_name": name}), event=after)
    (recorded,) = record(customer, NOW)
    assert list(Event.objects.values_list("name", flat=True)) == ["buy", "a", "b", "c", "d"]
    assert len(recorded.earned) == 6


def test_targets_are_matched_when_an_event_is_counted() -> None:
    organization = make_organization()
    customer = make_customer(organization)
    target = {"attribute": "tag", "operator": "in", "values": ["gold"]}
    make_behavior(make_live_campaign(organization), tags="gold")
    for_gold = make_behavior(make_live_campaign(organization, target))
    before = make_behavior(make_live_campaign(organization, ends_at=NOW))
    paused = make_behavior(make_live_campaign(organization, status="paused"))
    recorded = record(customer, NOW, NOW, NOW - HOUR)
    assert [for_gold.pk in one.earned for one in recorded] == [False, True, True]
    assert [before.pk in one.earned for one in recorded] == [False, False, True]
    assert not times_earned(paused)


def test_a_repeated_event_id_is_a_duplicate_and_uncounted_events_are_stored() -> None:
    customer = make_customer(make_organization())
    behavior = make_live_behavior(customer.organization)
    event = CustomerEvent(customer.pk, "buy", NOW, event_id="1:x")
    again = CustomerEvent(customer.pk, "other", NOW, event_id="1:x")
    assert [one.is_duplicate for one in record(customer, event, event, again)] == [False, True, True]
    assert [one.is_duplicate for one in record(customer, event, CustomerEvent(customer.pk, "?", NOW))] == [True, False]
    assert (times_earned(behavior), Event.objects.count()) == (1, 2)


def test_counters_caps_and_points_survive_a_merge() -> None:
    organization = make_organization()
    known, anonymous = make_customer(organization, external_id="51"), make_anonymous(organization)
    goals = ({"event_count": 2}, {"internal_event_name": "visit", "group_index": 1})
    behavior = make_live_behavior(organization, *goals, max_times_achievable=2, points=3)
    for customer in (known, anonymous):
        record(customer, NOW, NOW)
    record(anonymous, NOW, name="visit")
    identify(organization=organization, anonymous=anonymous, customer_id="51")
    record(known, NOW, name="visit")
    record(known, NOW, NOW, NOW)
    record(known, NOW, name="visit")
    known.refresh_from_db()
    assert (times_earned(behavior), known.points, PointsEntry.objects.filter(customer=known).count()) == (2, 6, 2)
    assert not Completion.objects.exclude(customer=known).exists()
    assert not GoalProgressEvent.objects.exclude(customer=known).exists()


def test_goals_completed_by_a_merge_earn_with_the_next_event() -> None:
    organization = make_organization()
    known, anonymous = make_customer(organization, external_id="51"), make_anonymous(organization)
    behavior = make_live_behavior(organization, {}, {"internal_event_name": "visit"})
    record(known, NOW)
    record(anonymous, NOW, name="visit")
    identify(organization=organization, anonymous=anonymous, customer_id="51")
    assert [one.earned for one in record(known, NOW, NOW, name="visit")] == [{behavior.pk: 1}, {}]


def test_without_a_period_one_row_has_the_sum() -> None:
    customer = make_customer(make_organization())
    saver = make_live_behavior(customer.organization, {"event_count": 1000, "eligible_spend": True})
    visitor = make_live_behavior(customer.organization, {"event_count": 7})
    events = [CustomerEvent(customer.pk, "buy", NOW, amount=Decimal("166.50"))] * 5
    record(customer, events[0])
    record(customer, *events)
    counted = {row.goal.composite_id: row.amount for row in GoalProgressEvent.objects.select_related("goal")}
    assert counted == {saver.pk: Decimal(999), visitor.pk: 6}
    record(customer, *events)
    assert (times_earned(saver), times_earned(visitor)) == (1, 1)
    counted = {row.goal.composite_id: row.amount for row in GoalProgressEvent.objects.select_related("goal")}
    assert counted == {saver.pk: Decimal(666), visitor.pk: 4}


def test_messages_respect_consent_holdout_and_frequency_cap() -> None:
    organization = make_organization()
    free, held = make_live_behavior(organization), make_live_behavior(organization)
    capped = make_live_behavior(organization)
    add_message(free)
    add_message(held, holdout_percent=100)
    add_message(capped, frequency_cap=2, frequency_unit="impressions", frequency_period="daily")
    ann, ben = make_customer(organization), make_customer(organization, push_consent=False)
    assert [len(one.earned) for one in record(ann, NOW, NOW, NOW)] == [3, 3, 3]
    record(ben, NOW)
    members = Recipient.objects.filter(customer=ann)
    assert members.filter(creative__achievement=free).count() == 3
    assert members.filter(creative__achievement=capped).count() == 2
    assert Recipient.objects.count() == 5
    assert Participation.objects.get(customer=ann, campaign=capped.campaign).capped_count == 2


def test_only_line_feeds_separate_tags() -> None:
    customer = make_customer(make_organization())
    make_live_behavior(customer.organization, tags="a\u2028b\u2029c\nd\x0ce\x0bf\r\n g\x85h\x1ci \n\n\r\nj")
    record(customer, NOW)
    customer.refresh_from_db()
    assert customer.tags == ["a\u2028b\u2029c", "d\x0ce\x0bf", "g\x85h\x1ci", "j"]
