"""A scheduled message's delivery follows its levels: through the management dialect, as callers change them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.control import cancel_delivery, pause_delivery, resume_delivery, retry_delivery
from campaigns.delivery.sweep import advance_deliveries
from campaigns.models import Delivery, Recipient
from campaigns.models.delivery import DeliveryState
from customers.errors import DomainError
from tests.campaigns.delivery.scheduled import EMAIL, LONG_AGO, build, make_delivery, make_people, make_scheduled, work
from tests.dialects.management.actor import Actor
from tests.factories import Hierarchy, make_achievement

pytestmark = pytest.mark.django_db
AHEAD = datetime(2099, 5, 1, 12, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def owner() -> Actor:
    """The organization whose messages these are."""
    return Actor.of()


@pytest.fixture
def rows(owner: Actor) -> Hierarchy:
    """Live levels, and a draft of a message for 2099."""
    return make_scheduled(owner.organization, status="draft", scheduled_delivery_date=AHEAD)


def _put(owner: Actor, rows: Hierarchy, level: str, **changes: Any) -> None:
    wrapper, path = {
        "campaign": ("campaign", f"campaigns/{rows.campaign.pk}"),
        "line_item": ("line_item", f"line_items/{rows.line_item.pk}"),
        "group": ("creative_group", f"creative_groups/{rows.group.pk}"),
        "creative": ("creative", f"creatives/{rows.creative.pk}"),
    }[level]
    assert owner.put(path, {wrapper: changes}).json()["status"] == "ok"


def _states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


@pytest.mark.parametrize("level", ["campaign", "line_item", "group", "creative"])
def test_every_level_pauses_resumes_and_ends_the_delivery(owner: Actor, rows: Hierarchy, level: str) -> None:
    _put(owner, rows, "creative", status="live")
    assert _states() == ["scheduled"]
    _put(owner, rows, level, status="paused")
    assert _states() == ["paused"]
    _put(owner, rows, level, name="Another name")
    assert _states() == ["paused"]
    _put(owner, rows, level, status="live")
    assert _states() == ["scheduled"]
    _put(owner, rows, level, status="completed")
    assert _states() == ["cancelled"]


@pytest.mark.parametrize(
    "path", ["campaigns/{0.campaign.pk}", "line_items/{0.line_item.pk}", "creatives/{0.creative.pk}"]
)
def test_deleting_a_level_cancels_the_delivery(owner: Actor, rows: Hierarchy, path: str) -> None:
    _put(owner, rows, "creative", status="live")
    owner.delete(path.format(rows))
    assert _states() == ["cancelled"]


def test_another_date_moves_what_has_not_begun(owner: Actor, rows: Hierarchy) -> None:
    _put(owner, rows, "creative", status="live")
    for year in (2098, 2099):
        _put(owner, rows, "creative", issue_audience_csv_no_msg={"scheduled_delivery_date": f"{year}-05-01T12:00:00Z"})
        assert Delivery.objects.get().scheduled_for.year == year


def test_another_date_is_another_occurrence_once_done(owner: Actor) -> None:
    rows = make_scheduled(owner.organization)
    delivery = make_delivery(rows)
    work()
    done = delivery.scheduled_for.isoformat()
    _put(owner, rows, "creative", issue_audience_csv_no_msg={"scheduled_delivery_date": "2099-05-01T12:00:00Z"})
    assert _states() == ["complete", "scheduled"]
    _put(owner, rows, "creative", issue_audience_csv_no_msg={"scheduled_delivery_date": done})
    assert _states() == ["complete", "cancelled"]
    assert Delivery.objects.get(state="complete") == delivery


def test_a_date_that_changes_while_the_audience_is_built_begins_anew(owner: Actor) -> None:
    rows = make_scheduled(owner.organization)
    make_people(owner.organization, 5)
    make_delivery(rows)
    advance_deliveries(now=timezone.now())
    _put(owner, rows, "creative", issue_audience_csv_no_msg={"scheduled_delivery_date": "2099-05-01T12:00:00Z"})
    assert _states() == ["cancelled", "scheduled"]
    assert claim_chunk() is None


def test_a_delivery_that_began_to_deliver_is_never_begun_again(owner: Actor) -> None:
    rows = make_scheduled(owner.organization, **EMAIL)
    make_people(owner.organization, 9)
    delivery = make_delivery(rows)
    build(delivery)
    behavior = make_achievement(rows.campaign)
    at = delivery.scheduled_for.isoformat()
    triggered = {"delivery_method": "triggered", "achievement_id": behavior.pk}
    _put(owner, rows, "creative", email_message=triggered)
    assert _states() == ["cancelled"]
    _put(owner, rows, "creative", email_message={"delivery_method": "scheduled", "scheduled_delivery_date": at})
    assert _states() == ["cancelled"]
    _put(owner, rows, "creative", email_message={"scheduled_delivery_date": "2099-05-01T12:00:00Z"})
    assert _states() == ["cancelled", "scheduled"]
    _put(owner, rows, "creative", email_message={"scheduled_delivery_date": at})
    assert _states() == ["cancelled", "cancelled"]


@pytest.mark.parametrize(("window", "state"), [(3600, "delivering"), (1, "skipped")])
def test_lateness_is_checked_again_when_levels_go_live_again(owner: Actor, window: int, state: str) -> None:
    rows = make_scheduled(owner.organization, lateness_window=3600, **EMAIL)
    make_people(owner.organization, 9)
    delivery = make_delivery(rows)
    build(delivery)
    _put(owner, rows, "group", status="paused")
    assert _states() == ["paused"]
    _put(owner, rows, "creative", email_message={"lateness_window": window})
    _put(owner, rows, "group", status="live")
    advance_deliveries(now=timezone.now())
    assert _states() == [state]


def test_a_delivery_that_is_over_is_never_resumed(owner: Actor) -> None:
    rows = make_scheduled(owner.organization)
    delivery = make_delivery(rows)
    Delivery.objects.update(state="failed")
    owner.delete(f"campaigns/{rows.campaign.pk}")
    with pytest.raises(DomainError, match="over"):
        retry_delivery(organization=owner.organization, delivery_id=delivery.pk)
    assert _states() == ["failed"]


def test_a_pause_stops_the_chunk_and_resuming_goes_on(owner: Actor) -> None:
    rows = make_scheduled(owner.organization)
    make_people(owner.organization, 9)
    delivery = make_delivery(rows)
    advance_deliveries(now=timezone.now())
    leased = claim_chunk()
    assert leased
    _put(owner, rows, "campaign", status="paused")
    assert not build_chunk(leased=leased)
    assert not Recipient.objects.exists()
    leased.chunk.refresh_from_db()
    delivery.parts.update(leased_until=None)
    _put(owner, rows, "campaign", status="live")
    assert _states() == ["building"]
    work()
    assert _states() == ["complete"]
    assert Recipient.objects.filter(delivery=delivery).count() == 6


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scheduled_delivery_date": LONG_AGO}, "lateness window"),
        ({"lateness_window": 3}, "at most 3 s"),
    ],
)
def test_a_late_delivery_is_skipped_with_a_reason(owner: Actor, change: dict[str, Any], reason: str) -> None:
    rows = make_scheduled(owner.organization, **change)
    delivery = make_delivery(rows)
    work()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SKIPPED
    assert reason in delivery.error


def test_levels_that_have_not_begun_are_waited_for_and_those_that_are_over_are_not() -> None:
    waiting, over = make_scheduled(lateness_window=0), make_scheduled(lateness_window=0)
    waiting.group.starts_at = timezone.now() + timedelta(hours=1)
    waiting.group.save()
    over.line_item.ends_at = timezone.now() - timedelta(hours=1)
    over.line_item.save()
    make_delivery(waiting)
    make_delivery(over)
    work()
    assert _states() == ["scheduled", "skipped"]


def test_only_an_operator_resumes_what_an_operator_holds(owner: Actor, rows: Hierarchy) -> None:
    _put(owner, rows, "creative", status="live")
    delivery = Delivery.objects.get()
    organization = owner.organization
    pause_delivery(organization=organization, delivery_id=delivery.pk)
    _put(owner, rows, "creative", status="paused")
    _put(owner, rows, "creative", status="live")
    assert _states() == ["paused"]
    assert resume_delivery(organization=organization, delivery_id=delivery.pk).state == DeliveryState.SCHEDULED
    cancel_delivery(organization=organization, delivery_id=delivery.pk, now=timezone.now())
    _put(owner, rows, "creative", status="live")
    assert _states() == ["cancelled"]
    for attempt in (pause_delivery, resume_delivery):
        with pytest.raises(DomainError, match="cancelled"):
            attempt(organization=organization, delivery_id=delivery.pk)
    with pytest.raises(DomainError, match="not found"):
        pause_delivery(organization=Actor.of().organization, delivery_id=delivery.pk)


def test_triggered_messages_have_no_delivery() -> None:
    rows = make_scheduled(delivery_method="triggered", **EMAIL)
    with pytest.raises(Delivery.DoesNotExist):
        make_delivery(rows)
