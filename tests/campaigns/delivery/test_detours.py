"""What was cancelled, failed or held stays so whatever way leads back to it; deliveries go with their creatives."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.control import cancel_delivery, pause_delivery, resume_delivery, retry_delivery
from campaigns.delivery.sweep import advance_deliveries, begin_next_delivery
from campaigns.hierarchy.creative_groups import update_group
from campaigns.hierarchy.creatives import delete_creative, update_creative
from campaigns.hierarchy.line_items import update_line_item
from campaigns.models import Delivery, Participation, Recipient
from customers.errors import DomainError
from tests.campaigns.delivery.scheduled import (
    EMAIL,
    FAR_AHEAD,
    LONG_AGO,
    PUSH,
    build,
    make_delivery,
    make_people,
    make_scheduled,
    work,
)
from tests.factories import Hierarchy, make_achievement, make_group, make_hierarchy, make_target

pytestmark = pytest.mark.django_db
DATES = {"starts_at": LONG_AGO, "ends_at": FAR_AHEAD}


def _change(rows: Hierarchy, **changes: Any) -> None:
    update_creative(organization=rows.campaign.organization, creative_id=rows.creative.pk, changes=changes)


def _at(rows: Hierarchy, hours: int) -> None:
    """Move the message to so many hours from where it was."""
    at = rows.creative.scheduled_delivery_date
    assert at
    _change(rows, scheduled_delivery_date=at + timedelta(hours=hours))


def _states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def _cancel(delivery: Delivery) -> None:
    cancel_delivery(organization=delivery.organization, delivery_id=delivery.pk, now=timezone.now())


def _by_another_type(rows: Hierarchy) -> None:
    _change(rows, **PUSH)
    _change(rows, **EMAIL)


def _by_triggering(rows: Hierarchy) -> None:
    at = rows.creative.scheduled_delivery_date
    _change(rows, delivery_method="triggered", achievement_id=make_achievement(rows.campaign).pk)
    _change(rows, delivery_method="scheduled", scheduled_delivery_date=at)


def _by_another_time(rows: Hierarchy) -> None:
    _at(rows, 1)
    _at(rows, 0)


def _by_two_times_and_a_pause(rows: Hierarchy) -> None:
    _change(rows, status="paused")
    _at(rows, 1)
    _change(rows, status="live")
    _at(rows, 2)
    _at(rows, 0)


def _by_another_group(rows: Hierarchy) -> None:
    _change(rows, creative_group=make_group(rows.line_item, **DATES))
    _change(rows, creative_group=rows.group)


DETOURS = [_by_another_time, _by_two_times_and_a_pause, _by_another_type, _by_triggering, _by_another_group]


@pytest.mark.parametrize("detour", DETOURS)
@pytest.mark.parametrize("is_begun", [False, True])
def test_a_delivery_cancelled_at_a_time_is_not_made_again_at_that_time(
    detour: Callable[[Hierarchy], None], *, is_begun: bool
) -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    if is_begun:
        begin_next_delivery(now=timezone.now())
    _cancel(delivery)
    detour(rows)
    work()
    assert set(_states()) == {"cancelled"}
    assert not Recipient.objects.exclude(state="pending").exists()
    _at(rows, 3)
    assert sorted(set(_states())) == ["cancelled", "scheduled"]


@pytest.mark.parametrize("detour", DETOURS)
@pytest.mark.parametrize("is_begun", [False, True])
def test_no_change_of_levels_sends_what_an_operator_holds(
    detour: Callable[[Hierarchy], None], *, is_begun: bool
) -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    if is_begun:
        begin_next_delivery(now=timezone.now())
    pause_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    detour(rows)
    work()
    assert set(_states()) <= {"cancelled", "paused"}
    assert not Recipient.objects.exclude(state="pending").exists()


def test_a_held_delivery_that_is_moved_while_it_is_built_stays_held() -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    begin_next_delivery(now=timezone.now())
    pause_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    _at(rows, 1)
    held = Delivery.objects.get(state="paused")
    assert (_states(), held.is_held, held.paused_at is not None) == (["cancelled", "paused"], True, True)
    assert resume_delivery(organization=held.organization, delivery_id=held.pk).state == "scheduled"
    _at(rows, 0)
    assert Delivery.objects.get(state="scheduled").scheduled_for == rows.creative.scheduled_delivery_date


def _fail(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state="failed")


def test_a_failed_delivery_is_not_retried_beside_a_newer_one() -> None:
    rows = make_scheduled(**EMAIL)
    delivery = make_delivery(rows)
    _fail(delivery)
    _at(rows, 1)
    newer = Delivery.objects.get(state="scheduled")
    for state in ("scheduled", "paused", "complete", "skipped", "failed"):
        Delivery.objects.filter(pk=newer.pk).update(state=state)
        with pytest.raises(DomainError, match="newer delivery"):
            retry_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    Delivery.objects.filter(pk=newer.pk).update(state="scheduled")
    _cancel(newer)
    with pytest.raises(DomainError, match="newer delivery"):
        retry_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    assert _states() == ["failed", "cancelled"]


def test_a_failed_delivery_to_whose_time_the_message_came_back_is_retried() -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    _fail(delivery)
    _at(rows, 1)
    _at(rows, 0)
    assert _states() == ["failed", "cancelled"]
    retry_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    assert _states() == ["scheduled", "cancelled"]


def test_the_admin_says_why_it_retries_nothing(admin_client: Client) -> None:
    rows = make_scheduled(**EMAIL)
    delivery = make_delivery(rows)
    _fail(delivery)
    _at(rows, 1)
    page = admin_client.post(
        "/admin/campaigns/delivery/", {"action": "retry", "_selected_action": [delivery.pk]}, follow=True
    )
    assert "The creative has a newer delivery." in page.content.decode()
    assert _states() == ["failed", "scheduled"]


def _elsewhere(rows: Hierarchy) -> Hierarchy:
    """Another live campaign with all levels, the creative aside, for vips only."""
    other = make_hierarchy(rows.creative.application, **DATES)
    for level in (other.line_item, other.group):
        type(level).objects.filter(pk=level.pk).update(**DATES)
    make_target(other.bundle, attribute="tag", operator="in", values=["vip"])
    delete_creative(organization=rows.campaign.organization, creative_id=other.creative.pk, now=timezone.now())
    return other


def _move_creative(rows: Hierarchy, other: Hierarchy) -> None:
    _change(rows, creative_group=other.group)


def _move_group(rows: Hierarchy, other: Hierarchy) -> None:
    changes = {"line_item": other.line_item}
    update_group(organization=rows.campaign.organization, group_id=rows.group.pk, changes=changes)


def _move_line_item(rows: Hierarchy, other: Hierarchy) -> None:
    type(other.line_item).objects.filter(pk=other.line_item.pk).exclude(pk=rows.line_item.pk).update(
        deleted_at=timezone.now()
    )
    changes = {"campaign": other.campaign}
    update_line_item(organization=rows.campaign.organization, line_item_id=rows.line_item.pk, changes=changes)


MOVES = [_move_creative, _move_group, _move_line_item]


@pytest.mark.parametrize("move", MOVES)
def test_a_delivery_follows_its_creative_to_another_campaign(move: Callable[[Hierarchy, Hierarchy], None]) -> None:
    rows = make_scheduled()
    people = make_people(rows.campaign.organization, 20)
    delivery = make_delivery(rows)
    other = _elsewhere(rows)
    move(rows, other)
    delivery.refresh_from_db()
    assert (_states(), delivery.campaign_id) == (["scheduled"], other.campaign.pk)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("complete", "")
    assert delivery.audience == sum(1 for each in people if each.consent and "vip" in each.tags)
    move(rows, rows)
    delivery.refresh_from_db()
    assert (_states(), delivery.campaign_id, delivery.state) == (["complete"], rows.campaign.pk, "complete")


@pytest.mark.parametrize("move", MOVES)
def test_an_audience_of_another_campaign_is_built_anew(move: Callable[[Hierarchy, Hierarchy], None]) -> None:
    rows = make_scheduled()
    people = make_people(rows.campaign.organization, 20)
    make_delivery(rows)
    begin_next_delivery(now=timezone.now())
    leased = claim_chunk()
    assert leased
    other = _elsewhere(rows)
    move(rows, other)
    assert not build_chunk(leased=leased)
    assert _states() == ["cancelled", "scheduled"]
    work()
    delivery = Delivery.objects.get(state="complete")
    assert (delivery.campaign_id, delivery.audience) == (
        other.campaign.pk,
        sum(1 for each in people if each.consent and "vip" in each.tags),
    )
    assert not Delivery.objects.exclude(campaign=other.campaign).exists()


def test_a_delivering_delivery_goes_on_in_another_group() -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    build(delivery)
    other = _elsewhere(rows)
    _change(rows, status="paused")
    _move_creative(rows, other)
    _change(rows, status="live")
    advance_deliveries(now=timezone.now())
    delivery.refresh_from_db()
    assert (_states(), delivery.campaign_id) == (["delivering"], other.campaign.pk)


def test_a_failed_or_held_audience_of_another_group_is_not_delivered() -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 9)
    delivery = make_delivery(rows)
    begin_next_delivery(now=timezone.now())
    pause_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    _change(rows, creative_group=make_group(rows.line_item, **DATES))
    assert _states() == ["paused"]
    with pytest.raises(DomainError, match="another creative group"):
        resume_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    _fail(delivery)
    with pytest.raises(DomainError, match="another creative group"):
        retry_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    _change(rows, creative_group=rows.group)
    retry_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    assert _states() == ["building"]


def test_a_delivery_follows_into_a_campaign_that_is_not_live() -> None:
    rows = make_scheduled()
    make_delivery(rows)
    other = _elsewhere(rows)
    type(other.campaign).objects.filter(pk=other.campaign.pk).update(status="draft")
    _move_creative(rows, other)
    assert _states() == ["paused"]
    type(other.campaign).objects.filter(pk=other.campaign.pk).update(status="completed")
    _change(rows, status="live")
    assert _states() == ["cancelled"]


def _capped(rows: Hierarchy, number: int = 1) -> None:
    cap = {"frequency_cap": number, "frequency_unit": "impressions", "frequency_period": "monthly"}
    type(rows.campaign).objects.filter(pk=rows.campaign.pk).update(**cap)


def _built(delivery: Delivery) -> Delivery:
    while advance_deliveries(now=timezone.now()):
        while leased := claim_chunk():
            assert build_chunk(leased=leased)
    delivery.refresh_from_db()
    return delivery


def _change_type(rows: Hierarchy) -> None:
    _change(rows, **PUSH)


def _change_date(rows: Hierarchy) -> None:
    at = rows.creative.scheduled_delivery_date
    assert at
    _change(rows, scheduled_delivery_date=at - timedelta(seconds=1))


def _change_group(rows: Hierarchy) -> None:
    _change(rows, creative_group=make_group(rows.line_item, **DATES))


@pytest.mark.parametrize("detour", [_change_date, _change_type, _change_group])
def test_an_audience_that_is_built_anew_counts_towards_the_cap_once(
    detour: Callable[[Hierarchy], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.delivery.cap_returns.BITE", 3)
    rows = make_scheduled(**EMAIL)
    _capped(rows)
    people = make_people(rows.campaign.organization, 20)
    delivery = make_delivery(rows)
    begin_next_delivery(now=timezone.now())
    while leased := claim_chunk():
        assert build_chunk(leased=leased)
    detour(rows)
    second = _built(Delivery.objects.latest("id"))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.audience, delivery.skipped, delivery.pending) == (
        "cancelled",
        delivery.audience,
        delivery.audience,
        0,
    )
    wanted = [each for each in people if each.consent and (detour is _change_type or each.email_consent)]
    assert (second.pk != delivery.pk, second.audience, delivery.audience > 0) == (True, len(wanted), True)
    counts = Participation.objects.filter(campaign=rows.campaign).values_list("customer_id", "capped_count")
    assert {key: count for key, count in counts if count} == {each.pk: 1 for each in wanted}


def test_what_a_cancelled_delivery_has_sent_stays_counted() -> None:
    rows = make_scheduled(**EMAIL)
    _capped(rows, 5)
    make_people(rows.campaign.organization, 20)
    delivery = make_delivery(rows)
    build(delivery)
    sent = list(Recipient.objects.filter(delivery=delivery).values_list("customer_id", flat=True)[:2])
    Recipient.objects.filter(delivery=delivery, customer_id__in=sent).update(state="sent", due_at=None)
    Delivery.objects.filter(pk=delivery.pk).update(sent=2)
    _cancel(delivery)
    advance_deliveries(now=timezone.now())
    counts = Participation.objects.filter(campaign=rows.campaign, capped_count__gt=0)
    assert dict(counts.values_list("customer_id", "capped_count")) == dict.fromkeys(sent, 1)
    delivery.refresh_from_db()
    assert (delivery.sent, delivery.skipped, delivery.pending, delivery.caps_returned_at is not None) == (
        2,
        delivery.audience - 2,
        0,
        True,
    )
