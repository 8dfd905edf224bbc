"""The audience is the one that a single statement would give, and the preview told it before."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.postgres.functions import TransactionNow
from django.db import OperationalError, connection
from django.utils import timezone

from campaigns.decisions.compiled import find_definition, write_definition
from campaigns.decisions.engine import holdout_bucket
from campaigns.delivery import build_chunk as audience_building
from campaigns.delivery import control as deliveries
from campaigns.delivery.audience import IS_HELD_OUT, get_criteria, preview_audience
from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.sweep import advance_deliveries
from campaigns.models import AudienceChunk, Delivery, Participation, Recipient
from campaigns.models.delivery import DeliveryState
from customers.models import Customer
from tests.campaigns.delivery.scheduled import (
    EMAIL,
    LONG_AGO,
    make_delivery,
    make_people,
    make_scheduled,
    make_targets,
    states_of,
    work,
)
from tests.factories import Hierarchy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.AUDIENCE_CHUNK = 7


def _expected(rows: Hierarchy) -> set[int]:
    """Who belongs to the audience, in Python."""
    percent = rows.campaign.holdout_percent
    return {
        customer.pk
        for customer in Customer.objects.filter(organization=rows.campaign.organization)
        if customer.attributes["state"] == "CA" and customer.attributes["age"] >= 10 and "vip" in customer.tags
        if customer.consent and holdout_bucket(rows.campaign.pk, str(customer.uuid)) >= percent * 100
    }


def test_previews_and_built_audiences_have_the_same_customers() -> None:
    rows = make_scheduled()
    rows.campaign.holdout_percent = 30
    rows.campaign.save()
    make_people(rows.campaign.organization)
    stranger = make_scheduled()
    make_people(stranger.campaign.organization)
    make_targets(rows)
    definition = find_definition(organization_id=rows.campaign.organization_id, campaign_id=rows.campaign.pk)
    assert definition
    criteria = get_criteria(
        organization=rows.campaign.organization,
        definition=definition,
        group_id=rows.group.pk,
        creative_type=rows.creative.creative_type,
        now=timezone.now(),
    )
    preview = preview_audience(criteria=criteria)
    delivery = make_delivery(rows)
    work()
    delivery.refresh_from_db()
    members = set(Recipient.objects.filter(delivery=delivery).values_list("customer_id", flat=True))
    assert members == _expected(rows)
    assert 3 < len(members) == delivery.audience == delivery.skipped == preview.count
    assert (delivery.state, delivery.progress, delivery.chunks, delivery.pending) == (DeliveryState.COMPLETE, 100, 9, 0)
    assert states_of(delivery) == {"skipped": len(members)}
    assert [step["step"] for step in preview.waterfall] == [
        *("customers", "campaign_targets", "group_targets", "consent", "holdout", "caps"),
    ]
    before = 60
    for step in preview.waterfall:
        assert step["remaining"] == before - step["removed"]
        before = step["remaining"]
    assert all(step["removed"] for step in preview.waterfall[1:5])
    assert len(preview.sample) == min(len(members), 20)
    assert {each["user_id"] for each in preview.sample} <= set(
        map(str, Customer.objects.filter(pk__in=members).values_list("uuid", flat=True))
    )


def test_sql_and_python_hold_out_the_same_customers() -> None:
    people = make_people(make_scheduled().campaign.organization, 40)
    for percent in (1, 50, 99):
        with connection.cursor() as cursor:
            sql = f"SELECT id FROM customers_customer customer WHERE {IS_HELD_OUT}"
            cursor.execute(sql, ["17:", percent * 100])
            held = {row[0] for row in cursor.fetchall()}
        assert held == {one.pk for one in people if holdout_bucket(17, str(one.uuid)) < percent * 100}


def test_a_cap_is_kept_and_counted(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.AUDIENCE_CHUNK = 1000
    monkeypatch.setattr(audience_building, "LARGEST_CAPPED", 6)
    rows = make_scheduled(**EMAIL)
    campaign = rows.campaign
    campaign.frequency_cap, campaign.frequency_unit, campaign.frequency_period = 2, "impressions", "lifetime"
    campaign.save()
    campaign.refresh_from_db()
    people = make_people(campaign.organization, 20)
    half, *others = people[1:]
    full = (one for one in others if one.consent and one.email_consent)
    counted = {"capped_from": LONG_AGO.replace(year=1).date(), "capped_rule": campaign.frequency_rule}
    for customer, count in ((next(iter(full)), 2), (half, 1)):
        Participation.objects.update_or_create(
            customer=customer,
            campaign=campaign,
            defaults={"organization": campaign.organization, "capped_count": count, **counted},
        )
    delivery = make_delivery(rows)
    while advance_deliveries(now=timezone.now()) or ((leased := claim_chunk()) and build_chunk(leased=leased)):
        pass
    able = {one.pk for one in people if one.consent and one.email_consent}
    capped = {each.customer_id for each in Participation.objects.filter(capped_count__gt=2)}
    assert not capped
    members = set(Recipient.objects.filter(delivery=delivery).values_list("customer_id", flat=True))
    counts = dict(Participation.objects.values_list("customer_id", "capped_count"))
    delivery.refresh_from_db()
    assert delivery.chunks == 4, "who is counted is locked: in small chunks"
    assert members < able
    assert all(counts[member] in {1, 2} for member in members)
    assert len(able - members) == 1


def test_a_chunk_that_another_worker_takes_over_is_built_once() -> None:
    rows = make_scheduled()
    make_people(rows.campaign.organization, 20)
    delivery = make_delivery(rows)
    advance_deliveries(now=timezone.now())
    slow = claim_chunk()
    assert slow
    assert claim_chunk(chunk_id=slow.chunk.pk) is None
    AudienceChunk.objects.filter(pk=slow.chunk.pk).update(leased_until=TransactionNow() - timedelta(seconds=1))
    quick = claim_chunk(chunk_id=slow.chunk.pk)
    assert quick
    assert build_chunk(leased=quick)
    assert not build_chunk(leased=slow)
    work()
    delivery.refresh_from_db()
    consenting = Customer.objects.filter(organization=rows.campaign.organization, consent=True).count()
    assert delivery.audience == consenting == Recipient.objects.filter(delivery=delivery).count()
    assert delivery.chunks_done == delivery.chunks == 3


def test_an_audience_is_built_from_the_definition_it_began_with() -> None:
    rows = make_scheduled()
    make_people(rows.campaign.organization, 30)
    make_targets(rows)
    expected = _expected(rows)
    delivery = make_delivery(rows)
    advance_deliveries(now=timezone.now())
    rows.bundle.targets.all().delete()
    work()
    assert set(Recipient.objects.filter(delivery=delivery).values_list("customer_id", flat=True)) == expected


def test_a_chunk_that_can_t_be_built_fails_its_delivery_and_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = make_scheduled()
    make_people(rows.campaign.organization, 10)
    delivery = make_delivery(rows)
    advance_deliveries(now=timezone.now())
    monkeypatch.setattr(audience_building, "MARK_CHUNK_DONE", "SELECT 1/0, %s, %s")
    for _ in range(audience_building.MOST_FAILURES):
        leased = claim_chunk()
        assert leased
        assert not build_chunk(leased=leased)
        AudienceChunk.objects.update(leased_until=None)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.audience) == (DeliveryState.FAILED, 0)
    assert "division by zero" in delivery.error
    monkeypatch.undo()
    deliveries.retry_delivery(organization=rows.campaign.organization, delivery_id=delivery.pk)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error, delivery.audience) == (DeliveryState.COMPLETE, "", 6)


def test_repeated_outages_of_the_database_fail_no_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = make_scheduled()
    make_people(rows.campaign.organization, 10)
    delivery = make_delivery(rows)
    advance_deliveries(now=timezone.now())

    def gone(**_: object) -> object:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(audience_building, "add_recipients", gone)
    for _ in range(audience_building.MOST_FAILURES + 1):
        leased = claim_chunk()
        assert leased
        assert not build_chunk(leased=leased)
        AudienceChunk.objects.update(leased_until=None)
    monkeypatch.undo()
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error, delivery.audience) == (DeliveryState.COMPLETE, "", 6)


def test_a_delivery_that_can_t_begin_does_not_hold_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = (make_delivery(make_scheduled()) for _ in range(2))

    def broken_once(**asked: int) -> object:
        if asked["campaign_id"] == broken.campaign_id:
            raise ValueError("broken")
        return write_definition(**asked)

    monkeypatch.setattr("campaigns.delivery.sweep.write_definition", broken_once)
    work()
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {broken.pk: DeliveryState.FAILED, sound.pk: DeliveryState.COMPLETE}
