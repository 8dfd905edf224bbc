"""Deliveries in all their states, as work that is about to be done."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.cap_returns import return_next_caps
from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import Outcome
from campaigns.delivery.control import cancel_delivery, pause_delivery, resume_delivery, retry_delivery
from campaigns.delivery.destinations import save_destination
from campaigns.delivery.recipients.expire import expire_leases
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.delivery.sweep import advance_deliveries
from campaigns.models import AdCampaign, Delivery, Destination, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from customers.models import Customer
from tests.campaigns.delivery.scheduled import (
    EMAIL,
    Provider,
    a_day_passes,
    build,
    make_delivery,
    make_people,
    make_scheduled,
    work,
)
from tests.factories import make_field
from tests.scenarios.eventful import CAPPED, Scene

Work = Callable[[], Any]


def delivered(scene: Scene, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, *, capped: bool) -> Delivery:
    """A delivery whose provider answers so."""
    provider = Provider()
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_EMAIL, lambda _message: provider)
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_PUSH, lambda _message: provider)
    rows = make_scheduled(scene.organization, **EMAIL)
    if capped:
        AdCampaign.objects.filter(pk=rows.campaign.pk).update(**CAPPED)
    provider.outcomes = {one.pk: [outcome] for one in make_people(scene.organization, 7)}
    return make_delivery(rows)


def delivery(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    delivered(scene, monkeypatch, Outcome.SENT, capped=False)
    return work


def capped_delivery(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    delivered(scene, monkeypatch, Outcome.SENT, capped=True)
    return work


def overnight_delivery(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    build(delivered(scene, monkeypatch, Outcome.SENT, capped=True))
    a_day_passes()
    return work


def offers_in_bulk(scene: Scene) -> Work:
    kind = {"ad_type": AdType.ISSUE_BULK_OFFER, "creative_type": CreativeType.ISSUE_BULK_OFFER}
    guids = [offer.guid for offer in reversed(scene.offers)]
    make_delivery(make_scheduled(scene.organization, offer_ids=guids, **kind))
    return work


def resolved(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Of two deliveries at once, the later one's recipients named first."""
    first = delivered(scene, monkeypatch, Outcome.UNKNOWN, capped=False)
    provider = Provider()
    provider.outcomes = {one.pk: [Outcome.UNKNOWN, Outcome.UNKNOWN] for one in Customer.objects.all()}
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_EMAIL, lambda _message: provider)
    second = make_delivery(make_scheduled(scene.organization, **EMAIL))
    work()
    doubtful = Recipient.objects.filter(delivery__in=[first, second], state="ambiguous")
    keys = list(doubtful.order_by("-key").values_list("key", flat=True))
    assert len(keys) > 5

    def settle() -> None:
        for resolution, chosen in (
            (Resolution.SENT, keys[::3]),
            (Resolution.FAILED, keys[1::3]),
            (Resolution.AGAIN, keys),
        ):
            resolve_recipients(organization=scene.organization, keys=chosen, resolution=resolution)

    return settle


def expired(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    delivery = delivered(scene, monkeypatch, Outcome.SENT, capped=False)
    build(delivery)
    Recipient.objects.filter(delivery=delivery).update(
        state="leased", lease_token=1, due_at=timezone.now() - timedelta(hours=1)
    )
    return partial(expire_leases, is_repeatable=lambda _delivery, _creative: False)


def _waiting(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Delivery:
    delivery = delivered(scene, monkeypatch, Outcome.SENT, capped=False)
    build(delivery)
    Recipient.objects.filter(delivery=delivery).update(due_at=timezone.now() + timedelta(hours=1))
    return delivery


def resumed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Recipients wait until an operator resumes their delivery."""
    one: dict[str, Any] = {"organization": scene.organization, "delivery_id": _waiting(scene, monkeypatch).pk}

    def operate() -> None:
        pause_delivery(**one)
        resume_delivery(**one)

    return operate


def redirected(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Recipients wait until their destination is another one."""
    _waiting(scene, monkeypatch)
    make_field(scene.organization, "email", "string")
    made = Destination(organization=scene.organization, kind="email")
    return partial(
        save_destination, destination=made, changes={"name": "mail", "settings": {"from_address": "a@example.org"}}
    )


def operated(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Paused and resumed while it is built, failed and retried, cancelled."""
    delivery = delivered(scene, monkeypatch, Outcome.SENT, capped=True)
    assert advance_deliveries(now=timezone.now())
    one: dict[str, Any] = {"organization": scene.organization, "delivery_id": delivery.pk}

    def operate() -> None:
        pause_delivery(**one)
        resume_delivery(**one)
        Delivery.objects.filter(pk=delivery.pk).update(state="failed")
        retry_delivery(**one)
        leased = claim_chunk()
        assert leased is not None
        assert build_chunk(leased=leased)
        cancel_delivery(**one, now=timezone.now())
        while return_next_caps():
            pass

    return operate
