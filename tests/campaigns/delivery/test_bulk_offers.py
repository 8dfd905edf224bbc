"""`issue_bulk_offer`: the offers of a creative are issued to its audience, set by set and once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.delivery import attach_offers
from campaigns.models import IssuedOffer, Offer, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.delivery import DeliveryState
from campaigns.tasks import work_once
from customers.models import Customer
from tests.campaigns.delivery.scheduled import build, make_delivery, make_people, make_scheduled, states_of, work
from tests.factories import Hierarchy, make_issued_offer, make_offer, make_organization

pytestmark = pytest.mark.django_db
BULK: dict[str, Any] = {"ad_type": AdType.ISSUE_BULK_OFFER, "creative_type": CreativeType.ISSUE_BULK_OFFER}


class PowerCutError(BaseException):
    """Nothing of a worker catches it."""


def _make(people: int, **second: Any) -> tuple[Hierarchy, list[Offer], list[Customer]]:
    """A scheduled creative with two offers, and who has consented."""
    organization = make_organization()
    offers = [make_offer(organization, points=10), make_offer(organization, **second)]
    rows = make_scheduled(organization, offer_ids=[offer.guid for offer in offers], **BULK)
    return rows, offers, [one for one in make_people(organization, people) if one.consent]


def _holders(offer: Offer) -> list[int]:
    return sorted(IssuedOffer.objects.filter(offer=offer).values_list("customer_id", flat=True))


def test_offers_are_issued_in_batches_within_their_limits() -> None:
    statements = set()
    for people in (12, 48):
        rows, (many, few), willing = _make(people, total_limit=3, limit_per_customer=1)
        delivery = make_delivery(rows)
        build(delivery)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert work_once()
        statements.add(len(captured))
        work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.progress, delivery.sent, delivery.audience) == (
            DeliveryState.COMPLETE,
            100,
            len(willing),
            len(willing),
        )
        assert _holders(many) == sorted(one.pk for one in willing)
        assert len(_holders(few)) == 3
        few.refresh_from_db()
        assert few.issued_count == 3
        assert set(Customer.objects.filter(pk__in=_holders(many)).values_list("points", flat=True)) == {10}
    assert len(statements) == 1


def test_a_recipient_who_can_get_no_offer_is_skipped_with_a_reason() -> None:
    rows, (gone, used), willing = _make(12, total_limit=2, limit_per_customer=1)
    Offer.objects.filter(pk=gone.pk).update(ends_at=timezone.now())
    make_issued_offer(willing[0], used)
    Offer.objects.filter(pk=used.pk).update(issued_count=1)
    delivery = make_delivery(rows)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.skipped) == (DeliveryState.COMPLETE, 1, len(willing) - 1)
    assert states_of(delivery) == {"sent": 1, "skipped": len(willing) - 1}
    assert (len(_holders(gone)), len(_holders(used))) == (0, 2)
    assert "used up" in (Recipient.objects.filter(delivery=delivery, state="skipped")[0].error or "")


def test_a_crashed_worker_issues_no_offer_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach_offers, "BATCH", 5)
    rows, (many, few), willing = _make(30, limit_per_customer=1)
    delivery = make_delivery(rows)
    build(delivery)
    assert work_once()

    def die(**_: Any) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(attach_offers, "settle_recipients", die)
        with pytest.raises(PowerCutError):
            work_once()
    assert len(_holders(many)) == 5
    assert states_of(delivery) == {"sent": 5, "leased": 5, "pending": len(willing) - 10}
    Recipient.objects.filter(state="leased").update(due_at=delivery.created_at - timedelta(seconds=1))
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.ambiguous) == (DeliveryState.COMPLETE, len(willing), 0)
    for offer in (many, few):
        offer.refresh_from_db()
        assert _holders(offer) == sorted(one.pk for one in willing)
        assert offer.issued_count == len(willing)
    assert set(Customer.objects.filter(pk__in=_holders(many)).values_list("points", flat=True)) == {10}
