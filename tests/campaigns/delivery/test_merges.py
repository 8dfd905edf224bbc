"""Customers who are merged while an audience is built: it is the one that a single statement would give at its end."""

from collections.abc import Callable
from functools import partial
from threading import Event
from time import monotonic
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns.delivery import build_chunk as audience_building
from campaigns.delivery import follow_merges as audience_merges
from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.control import retry_delivery
from campaigns.delivery.follow_merges import finish_next_audience
from campaigns.delivery.sweep import begin_next_delivery
from campaigns.models import AdCampaign, AudienceChunk, Delivery, Participation, Recipient
from campaigns.models.delivery import DeliveryState
from customers.customers.deletion import delete_customers
from customers.customers.merging import begin_merge, identify
from customers.models import Customer
from tests.campaigns.delivery.scheduled import EMAIL, NO_MESSAGE, make_delivery, make_scheduled, states_of
from tests.factories import Hierarchy, make_anonymous, make_customer, make_organization, make_target
from tests.meanwhile import meanwhile
from tests.snapshots import Snapshot
from tests.together import together

CAP = {"frequency_cap": 2, "frequency_unit": "impressions", "frequency_period": "lifetime"}
UNCAPPED: dict[str, Any] = {}
UNDOING = """
CREATE FUNCTION undone() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$;
CREATE TRIGGER undone BEFORE INSERT ON campaigns_recipient FOR EACH STATEMENT EXECUTE FUNCTION undone();
"""
NO_CONNECTIONS = pytest.mark.xdist_group("connections")


@pytest.fixture(autouse=True)
def _a_customer_a_chunk(settings: Any) -> None:
    settings.AUDIENCE_CHUNK = 1


def _make(cap: dict[str, Any], **creative: Any) -> Hierarchy:
    """A message for vips who are no friends."""
    rows = make_scheduled(make_organization(), **(creative or EMAIL))
    AdCampaign.objects.filter(pk=rows.campaign.pk).update(**cap)
    rows.campaign.refresh_from_db()
    make_target(rows.bundle, attribute="tag", operator="in", values=["vip"])
    make_target(rows.bundle, position=1, attribute="tag", operator="not_in", values=["friend"])
    return rows


def _begin(rows: Hierarchy) -> Delivery:
    delivery = make_delivery(rows)
    assert begin_next_delivery(now=timezone.now())
    delivery.refresh_from_db()
    return delivery


def _build(chunks: int = 1_000) -> None:
    """So many chunks, or all."""
    for _ in range(chunks):
        leased = claim_chunk()
        if leased is None:
            return
        assert build_chunk(leased=leased)


def _finish() -> None:
    """As often as it takes on a slow machine, where what happens meanwhile takes longer than the last step waits."""
    deadline = monotonic() + 60
    while not finish_next_audience():
        assert monotonic() < deadline
        Delivery.objects.update(leased_until=None)


def _merge(anonymous: Customer, known: Customer) -> None:
    identify(organization=anonymous.organization, anonymous=anonymous, customer_id=str(known.external_id))


def _is_exact(delivery: Delivery, *, capped: bool) -> set[int]:
    """Whether the audience is what a single statement would give now; its customers."""
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.BUILT
    members = list(Recipient.objects.filter(delivery=delivery).values_list("customer_id", flat=True))
    meant = Customer.objects.filter(organization=delivery.organization, tags__contains=["vip"], consent=True)
    expected = {one.pk for one in meant if "friend" not in one.tags and one.email_consent}
    assert sorted(members) == sorted(expected)
    assert delivery.audience == len(members) == delivery.skipped + delivery.pending
    assert states_of(delivery).get("skipped", 0) == delivery.skipped
    if capped:
        counts = Participation.objects.filter(campaign=delivery.campaign, capped_count__gt=0)
        assert dict(counts.values_list("customer_id", "capped_count")) == dict.fromkeys(expected, 1)
    return expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cap", "kind"), [(UNCAPPED, EMAIL), (CAP, EMAIL), (UNCAPPED, NO_MESSAGE)], ids=["uncapped", "capped", "silent"]
)
@pytest.mark.parametrize("ours", [[], ["vip"], ["friend"]], ids=["nothing", "vip", "friend"])
@pytest.mark.parametrize("theirs", [[], ["vip"], ["friend"]], ids=["nothing", "vip", "friend"])
@pytest.mark.parametrize("built", [0, 1, 2])
def test_a_customer_merged_between_two_chunks_is_one_recipient(
    built: int, theirs: list[str], ours: list[str], cap: dict[str, Any], kind: dict[str, Any]
) -> None:
    rows = _make(cap, **kind)
    organization = rows.campaign.organization
    if built == 1:
        known, anonymous = make_customer(organization, tags=ours), make_anonymous(organization, tags=theirs)
    else:
        anonymous, known = make_anonymous(organization, tags=theirs), make_customer(organization, tags=ours)
    delivery = _begin(rows)
    _build(built)
    _merge(anonymous, known)
    _build()
    assert finish_next_audience()
    _is_exact(delivery, capped=bool(cap))


@pytest.mark.django_db
@pytest.mark.parametrize("cap", [UNCAPPED, CAP], ids=["uncapped", "capped"])
def test_chains_of_merges_and_later_customers_are_followed(cap: dict[str, Any]) -> None:
    rows = _make(cap)
    organization = rows.campaign.organization
    first, second = (make_anonymous(organization, tags=["vip"]) for _ in range(2))
    delivery = _begin(rows)
    _build(1)
    third, known = make_anonymous(organization), make_customer(organization)
    strangers = make_anonymous(organization, tags=["vip"]), make_customer(organization, tags=["friend"])
    _merge(first, third)
    _merge(third, known)
    _build()
    _merge(second, known)
    _merge(*strangers)
    assert finish_next_audience()
    assert _is_exact(delivery, capped=bool(cap)) == {known.pk}


@pytest.mark.django_db
def test_two_counted_customers_who_are_merged_count_once_within_the_cap() -> None:
    rows = _make(CAP)
    organization = rows.campaign.organization
    counted = {"capped_from": "0001-01-01", "capped_rule": rows.campaign.frequency_rule}
    seen = {"organization": organization, "campaign": rows.campaign, "capped_count": 1, **counted}
    people = [(make_anonymous(organization, tags=["vip"]), make_customer(organization, tags=["vip"])) for _ in "ab"]
    (one, other), (third, fourth) = people
    for customer in (one, other, third):
        Participation.objects.create(customer=customer, **seen)
    delivery = _begin(rows)
    _build()
    for anonymous, known in people:
        _merge(anonymous, known)
    assert finish_next_audience()
    counts = dict(Participation.objects.values_list("customer_id", "capped_count"))
    assert counts == {other.pk: 2, fourth.pk: 2}, "who had seen it twice gets no message, who had once one"
    assert list(Recipient.objects.filter(delivery=delivery).values_list("customer_id", flat=True)) == [fourth.pk]


@pytest.mark.django_db(transaction=True)
@NO_CONNECTIONS
@pytest.mark.parametrize("cap", [UNCAPPED, CAP], ids=["uncapped", "capped"])
def test_building_survives_a_merge_between_any_two_of_its_statements(cap: dict[str, Any]) -> None:
    rows = _make(cap)
    organization = rows.campaign.organization
    known, anonymous = make_customer(organization), make_anonymous(organization, tags=["vip"])
    delivery = _begin(rows)
    number, begun = 0, Snapshot()
    while _is_merged_while_building(delivery, (anonymous, known), number, capped=bool(cap)):
        begun.restore()
        number += 1
    assert number > 20


def _is_merged_while_building(
    delivery: Delivery, whom: tuple[Customer, Customer], number: int, *, capped: bool
) -> bool:
    for customer in whom:
        customer.refresh_from_db()
    with meanwhile(number, partial(_merge, *whom)) as merge:
        _build()
        is_building = merge.has_happened
        _finish()
    assert capped or not (is_building and merge.had_to_wait), "nobody waits for a chunk that counts nothing"
    assert set(AudienceChunk.objects.filter(delivery=delivery).values_list("attempts", flat=True)) == {1}
    _is_exact(delivery, capped=capped)
    return merge.has_happened


@pytest.mark.django_db(transaction=True)
@NO_CONNECTIONS
@pytest.mark.parametrize(("cap", "kind"), [(UNCAPPED, EMAIL), (CAP, EMAIL), (UNCAPPED, NO_MESSAGE)])
def test_building_survives_a_deletion_between_any_two_of_its_statements(
    cap: dict[str, Any], kind: dict[str, Any]
) -> None:
    """Somebody who is in a chunk, and somebody whom another one, who is in a chunk, has become."""
    rows = _make(cap, **kind)
    organization = rows.campaign.organization
    anonymous = make_anonymous(organization, tags=["vip"])
    stays, goes, becomes = (make_customer(organization, tags=["vip"]) for _ in range(3))
    delivery = _begin(rows)
    _build(1)
    _merge(anonymous, becomes)
    delete = partial(delete_customers, organization=organization, customer_ids=[goes.pk, becomes.pk])
    number, begun = 0, Snapshot()
    while _is_done_while_building(delete, number):
        assert _is_exact(delivery, capped=bool(cap)) == {stays.pk}
        begun.restore()
        number += 1
    assert number > 10


def _is_done_while_building(delete: Callable[[], Any], number: int) -> bool:
    with meanwhile(number, delete) as deleting:
        _build()
        _finish()
    return deleting.has_happened


@pytest.mark.django_db(transaction=True)
@NO_CONNECTIONS
def test_a_merge_that_takes_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience_merges, "MOST_TRIES", 2)
    rows = _make(UNCAPPED)
    make_customer(rows.campaign.organization, tags=["vip"])
    delivery = _begin(rows)
    _build()
    begun, over = Event(), Event()

    def merge_long() -> None:
        with transaction.atomic():
            begin_merge(organization_id=delivery.organization_id)
            begun.set()
            assert over.wait(60)

    def finish() -> None:
        assert begun.wait(60)
        try:
            assert not finish_next_audience()
            delivery.refresh_from_db()
            assert (delivery.state, delivery.lease_token, delivery.failures) == (DeliveryState.BUILDING, None, 0)
        finally:
            over.set()

    together([merge_long, finish])
    Delivery.objects.update(leased_until=None)
    assert finish_next_audience()
    assert len(_is_exact(delivery, capped=False)) == 1


@pytest.mark.django_db
def test_a_chunk_that_postgresql_rolls_back_is_built_again() -> None:
    rows = _make(UNCAPPED)
    make_customer(rows.campaign.organization, tags=["vip"])
    delivery = _begin(rows)
    with connection.cursor() as cursor:
        cursor.execute(UNDOING)
        for _ in range(audience_building.MOST_ATTEMPTS + 2):
            leased = claim_chunk()
            assert leased
            assert not build_chunk(leased=leased)
            # The clock of one transaction stands still.
            AudienceChunk.objects.update(leased_until=None)
        cursor.execute("DROP TRIGGER undone ON campaigns_recipient")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.audience, delivery.failures) == (DeliveryState.BUILDING, 0, 0)
    _build()
    assert finish_next_audience()
    assert len(_is_exact(delivery, capped=False)) == 1


@pytest.mark.django_db
def test_a_last_step_that_keeps_failing_fails_the_delivery_which_can_be_retried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = _make(UNCAPPED)
    make_customer(rows.campaign.organization, tags=["vip"])
    delivery = _begin(rows)
    _build()
    monkeypatch.setattr(audience_merges, "MARK_BUILT", "SELECT 1/0")
    for _ in range(audience_merges.MOST_FAILURES):
        assert not finish_next_audience()
        Delivery.objects.update(leased_until=None)
    delivery.refresh_from_db()
    assert (delivery.state, "division by zero" in delivery.error) == (DeliveryState.FAILED, True)
    monkeypatch.undo()
    retry_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    assert finish_next_audience()
    assert len(_is_exact(delivery, capped=False)) == 1


@pytest.mark.django_db(transaction=True)
@NO_CONNECTIONS
def test_a_merge_locks_deliveries_in_order() -> None:
    organization = make_organization()
    anonymous, known = make_anonymous(organization), make_customer(organization)
    deliveries = [make_delivery(make_scheduled(organization, **EMAIL)) for _ in range(6)]
    for delivery in reversed(deliveries):
        Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.PAUSED, built_at=timezone.now(), audience=2)
        for customer in (anonymous, known):
            Recipient.objects.create(
                organization=organization, delivery=delivery, creative=delivery.creative, customer=customer
            )
    first, *others = sorted(delivery.pk for delivery in deliveries)
    with meanwhile(1, partial(_merge, anonymous, known)) as merge, transaction.atomic():
        Delivery.objects.select_for_update().get(pk=first)
        # The merge begins before this one, and waits for the first.
        held = Delivery.objects.select_for_update(skip_locked=True).filter(pk__in=others)
        assert len(held) == len(others)
        assert merge.had_to_wait
    assert set(Delivery.objects.values_list("audience", flat=True)) == {1}
