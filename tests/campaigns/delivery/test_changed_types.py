"""A live creative becomes another kind of message while its delivery is under way: nobody gets what is not meant."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.postgres.functions import TransactionNow
from django.utils import timezone

from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import Outcome
from campaigns.delivery.control import cancel_delivery, pause_delivery, resume_delivery, retry_delivery
from campaigns.delivery.follow_merges import finish_next_audience
from campaigns.delivery.recipients.claim import claim_recipients
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.delivery.sweep import advance_deliveries, begin_next_delivery
from campaigns.models import Delivery, Recipient
from campaigns.models.ad_type import CREATIVE_TYPES, AdType
from campaigns.tasks import sweep
from customers.errors import DomainError
from customers.models import Customer
from tests.campaigns.delivery.scheduled import (
    CSV,
    EMAIL,
    NO_MESSAGE,
    PUSH,
    Folder,
    Provider,
    make_delivery,
    make_people,
    make_scheduled,
    states_of,
    work,
)
from tests.dialects.management.actor import Actor
from tests.factories import Hierarchy

pytestmark = pytest.mark.django_db
S3 = {"ad_type": "audience_export", "creative_type": "audience-export-s3"}
AIRSHIP = {"ad_type": "audience_export", "creative_type": "audience-export-airship"}
WEBHOOK = {"ad_type": "messaging_platform", "creative_type": "messaging-platform-external"}


@pytest.fixture
def owner() -> Actor:
    """The organization whose messages these are."""
    return Actor.of()


def _way(found: Any, _message: object) -> Any:
    return found


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Where each kind of message goes."""
    found: dict[str, Any] = {each: Provider() for each in ("email_message", "push_message", "messaging_platform")}
    found |= {"issue_audience_csv": Folder(), "audience_export": Folder()}
    for ad_type, way in found.items():
        makers: dict[str, Any] = registry.CHANNELS if isinstance(way, Provider) else registry.EXPORTS
        for creative_type in CREATIVE_TYPES[AdType(ad_type)]:
            monkeypatch.setitem(makers, creative_type, partial(_way, way))
    return found


def _change(owner: Actor, rows: Hierarchy, type_: dict[str, Any], **changes: Any) -> None:
    at = rows.creative.scheduled_delivery_date
    assert at
    message = {type_["ad_type"]: {"delivery_method": "scheduled", "scheduled_delivery_date": at.isoformat(), **changes}}
    answer = owner.put(f"creatives/{rows.creative.pk}", {"creative": {**type_, **message}})
    assert answer.json()["status"] == "ok"


def _built(rows: Hierarchy, people: int = 21) -> Delivery:
    """A delivery, built and not released. Every seventh has no email consent, every fifth no other."""
    customers = make_people(rows.campaign.organization, people)
    for index, one in enumerate(customers):
        one.push_consent = index % 5 > 0
    Customer.objects.bulk_update(customers, ["push_consent"])
    delivery = make_delivery(rows)
    begin_next_delivery(now=timezone.now())
    while leased := claim_chunk():
        assert build_chunk(leased=leased)
    assert finish_next_audience()
    delivery.refresh_from_db()
    assert delivery.state == "built"
    return delivery


def _states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def _wanting(consent: str | None) -> int:
    return Customer.objects.filter(consent=True, **{consent: True} if consent else {}).count()


@pytest.mark.parametrize(
    ("before", "after", "consent"),
    [
        (EMAIL, PUSH, "push_consent"),
        (EMAIL, S3, None),
        (NO_MESSAGE, EMAIL, "email_consent"),
        (S3, AIRSHIP, "push_consent"),
        (CSV, WEBHOOK, None),
    ],
)
def test_an_audience_that_is_not_sent_yet_is_built_anew(
    owner: Actor, ways: dict[str, Any], before: dict[str, Any], after: dict[str, Any], consent: str | None
) -> None:
    rows = make_scheduled(owner.organization, **before)
    first = _built(rows)
    _change(owner, rows, after)
    assert _states() == ["cancelled", "scheduled"]
    work()
    assert _states() == ["cancelled", "complete"]
    delivery = Delivery.objects.exclude(pk=first.pk).get()
    assert (delivery.audience, delivery.sent, delivery.scheduled_for) == (
        _wanting(consent),
        _wanting(consent),
        first.scheduled_for,
    )
    assert states_of(delivery) == {"sent": delivery.sent}
    way = ways[after["ad_type"]]
    given = way.people if isinstance(way, Folder) else way.given
    assert len(given) == len(set(given)) == delivery.sent
    assert "sent" not in states_of(first)


def test_a_type_that_sends_nothing_leaves_no_recipient_pending(owner: Actor, ways: dict[str, Any]) -> None:
    rows = make_scheduled(owner.organization, **EMAIL)
    _built(rows)
    _change(owner, rows, NO_MESSAGE)
    work()
    assert _states() == ["cancelled", "complete"]
    delivery = Delivery.objects.get(state="complete")
    assert (delivery.skipped, delivery.pending, states_of(delivery)) == (_wanting(None), 0, {"skipped": _wanting(None)})
    assert ways["email_message"].given == []


def test_an_audience_that_is_being_built_is_cancelled(owner: Actor, ways: dict[str, Any], settings: Any) -> None:
    settings.AUDIENCE_CHUNK = 5
    rows = make_scheduled(owner.organization, **EMAIL)
    make_people(owner.organization, 21)
    make_delivery(rows)
    begin_next_delivery(now=timezone.now())
    first, second = claim_chunk(), claim_chunk()
    assert first
    assert second
    assert build_chunk(leased=first)
    _change(owner, rows, WEBHOOK)
    assert not build_chunk(leased=second)
    work()
    assert _states() == ["cancelled", "complete"]
    assert len(ways["messaging_platform"].given) == _wanting(None)


@pytest.mark.parametrize("after", [PUSH, S3, NO_MESSAGE])
def test_a_delivery_that_began_is_cancelled_and_not_repeated(
    owner: Actor, ways: dict[str, Any], after: dict[str, Any]
) -> None:
    rows = make_scheduled(owner.organization, **EMAIL)
    delivery = _built(rows)
    advance_deliveries(now=timezone.now())
    taken = claim_recipients(delivery_id=delivery.pk, creative_id=rows.creative.pk, limit=3, destination="provider")
    assert len(taken.recipients) == 3
    _change(owner, rows, after)
    Recipient.objects.filter(state="leased").update(due_at=TransactionNow() - timedelta(seconds=1))
    for way in ways.values():
        way.deduplicates = True
    work()
    assert _states() == ["cancelled"]
    delivery.refresh_from_db()
    # Nobody knows what became of the mails; the new kind of message has never heard of their keys.
    assert (delivery.ambiguous, delivery.sent, states_of(delivery)) == (
        3,
        0,
        {"ambiguous": 3, "pending": delivery.audience - 3},
    )
    assert all(not (way.people if isinstance(way, Folder) else way.given) for way in ways.values())
    _change(owner, rows, after, scheduled_delivery_date="2099-05-01T12:00:00Z")
    assert _states() == ["cancelled", "scheduled"]


def test_a_held_or_failed_delivery_is_not_sent_as_another_type(owner: Actor, ways: dict[str, Any]) -> None:
    rows = make_scheduled(owner.organization, **EMAIL)
    delivery = _built(rows)
    pause_delivery(organization=owner.organization, delivery_id=delivery.pk)
    _change(owner, rows, PUSH)
    assert _states() == ["paused"]
    with pytest.raises(DomainError, match="built for messaging-platform-email"):
        resume_delivery(organization=owner.organization, delivery_id=delivery.pk)
    Delivery.objects.update(state="failed")
    with pytest.raises(DomainError, match="built for messaging-platform-email"):
        retry_delivery(organization=owner.organization, delivery_id=delivery.pk)
    _change(owner, rows, EMAIL)
    retry_delivery(organization=owner.organization, delivery_id=delivery.pk)
    work()
    assert _states() == ["complete"]
    assert len(ways["email_message"].given) == _wanting("email_consent")


def test_a_recipient_who_is_sent_again_gets_no_other_type(owner: Actor, ways: dict[str, Any]) -> None:
    rows = make_scheduled(owner.organization, **EMAIL)
    people = make_people(owner.organization, 9)
    ways["email_message"].outcomes = {people[1].pk: [Outcome.FAILED]}
    delivery = make_delivery(rows)
    work()
    _change(owner, rows, PUSH)
    failed = Recipient.objects.get(delivery=delivery, state="failed")
    resolve_recipients(organization=owner.organization, keys=[failed.key], resolution=Resolution.AGAIN)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, ways["push_message"].given, delivery.pending) == ("failed", [], 1)
    assert (
        delivery.error
        == "The audience was built for messaging-platform-email; the creative is messaging-platform-push now."
    )


def test_the_same_type_again_changes_nothing(owner: Actor, ways: dict[str, Any]) -> None:
    rows = make_scheduled(owner.organization, **EMAIL)
    delivery = _built(rows)
    _change(owner, rows, EMAIL, portal_icon="/another.png")
    assert _states() == ["built"]
    sweep()
    cancel_delivery(organization=owner.organization, delivery_id=delivery.pk, now=timezone.now())
    _change(owner, rows, PUSH)
    assert _states() == ["cancelled"]
    assert ways["push_message"].given == []
