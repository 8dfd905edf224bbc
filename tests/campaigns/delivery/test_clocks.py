"""A worker whose clock is wrong: leases and what is due are judged by the clock of the database."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.channels import registry
from campaigns.delivery.recipients.claim import claim_recipients
from campaigns.models import AudienceChunk, Delivery, Recipient
from campaigns.models.ad_type import CreativeType
from campaigns.models.delivery import DeliveryState
from campaigns.tasks import sweep, work_once
from tests.campaigns.delivery.scheduled import EMAIL, Provider, make_delivery, make_people, make_scheduled, work

pytestmark = pytest.mark.django_db
WRONG = pytest.mark.parametrize("wrong", [timedelta(days=3), timedelta(days=-3)], ids=["ahead", "behind"])


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Another system that takes emails."""
    found = Provider()
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_EMAIL, lambda _message: found)
    return found


@WRONG
def test_only_expired_leases_are_taken_over(provider: Provider, wrong: timedelta) -> None:
    rows = make_scheduled(**EMAIL)
    make_people(rows.campaign.organization, 12)
    delivery = make_delivery(rows)
    sweep()
    building = claim_chunk()
    assert building
    with time_machine.travel(timezone.now() + wrong):
        assert claim_chunk() is None
        AudienceChunk.objects.update(leased_until=building.delivery.created_at - timedelta(seconds=1))
        while delivery.state != DeliveryState.DELIVERING:
            chunk = claim_chunk()
            assert chunk is None or build_chunk(leased=chunk)
            assert sweep() or chunk, delivery.state
            delivery.refresh_from_db()
        held = claim_recipients(delivery_id=delivery.pk, creative_id=rows.creative.pk, limit=3)
        work()
        assert len(provider.given) == delivery.audience - len(held.recipients)
        Recipient.objects.filter(state="leased").update(due_at=delivery.created_at - timedelta(seconds=1))
        work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.ambiguous, delivery.sent) == (DeliveryState.COMPLETE, 3, delivery.audience - 3)
    assert len(provider.given) == len(set(provider.given)) == delivery.sent


@WRONG
def test_a_wrong_clock_neither_begins_nor_skips_a_delivery(provider: Provider, wrong: timedelta) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    due = make_scheduled(**EMAIL)
    make_people(due.campaign.organization, 6)
    delivery = make_delivery(due)
    later = make_delivery(make_scheduled(due.campaign.organization, scheduled_delivery_date=tomorrow))
    with time_machine.travel(timezone.now() + wrong):
        while sweep() or work_once():
            pass
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {delivery.pk: DeliveryState.COMPLETE, later.pk: DeliveryState.SCHEDULED}
    assert len(provider.given) > 0
