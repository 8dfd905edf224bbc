"""Every recipient is a row: handed over once, settled once, and never guessed about."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import Outcome
from campaigns.delivery.control import cancel_delivery, retry_delivery
from campaigns.delivery.recipients.add import TriggeredMessage, add_triggered_recipients
from campaigns.delivery.recipients.claim import claim_recipients
from campaigns.delivery.recipients.expire import expire_leases
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.delivery.recipients.settle import MOST_ATTEMPTS
from campaigns.models import Delivery, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.delivery import DeliveryState
from campaigns.tasks import work_once
from customers.customers.merging import identify
from customers.models import Customer
from tests.campaigns.delivery.scheduled import (
    CSV,
    EMAIL,
    LONG_AGO,
    PUSH,
    Folder,
    Provider,
    build,
    make_delivery,
    make_people,
    make_scheduled,
    states_of,
    work,
)
from tests.factories import Hierarchy, make_anonymous, make_customer

pytestmark = pytest.mark.django_db
OFFER: dict[str, Any] = {"ad_type": AdType.ISSUE_BULK_OFFER, "creative_type": CreativeType.ISSUE_BULK_OFFER}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Another system that takes emails."""
    found = Provider()
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_EMAIL, lambda _message: found)
    return found


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Where files go."""
    found = Folder()
    monkeypatch.setitem(registry.EXPORTS, CreativeType.ISSUE_AUDIENCE_CSV, lambda _message: found)
    return found


def _make_due() -> None:
    Recipient.objects.filter(state="pending").update(due_at=LONG_AGO)
    Delivery.objects.update(leased_until=None)


def _lose_the_worker() -> None:
    Recipient.objects.filter(state="leased").update(due_at=LONG_AGO)


def _delivering(rows: Hierarchy, people: int = 20) -> Delivery:
    make_people(rows.campaign.organization, people)
    return make_delivery(rows)


def test_everybody_gets_one_message_and_every_outcome_is_written_down(provider: Provider) -> None:
    rows = make_scheduled(**EMAIL)
    people = make_people(rows.campaign.organization, 20)
    able = [one.pk for one in people if one.consent and one.email_consent]
    provider.outcomes = {
        able[0]: [Outcome.FAILED],
        able[1]: [Outcome.RETRY, Outcome.SENT],
        able[2]: [Outcome.UNKNOWN],
        able[3]: [Outcome.SKIPPED],
        able[4]: [Outcome.RETRY] * 99,
    }
    delivery = make_delivery(rows)
    for _ in range(MOST_ATTEMPTS):
        work()
        _make_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.pending, delivery.destination) == (DeliveryState.COMPLETE, 0, "provider")
    assert (delivery.audience, delivery.sent, delivery.failed, delivery.skipped, delivery.ambiguous) == (
        len(able),
        len(able) - 4,
        2,
        1,
        1,
    )
    counts = states_of(delivery)
    assert counts == {"sent": len(able) - 4, "failed": 2, "skipped": 1, "ambiguous": 1}
    keys = dict(Recipient.objects.filter(delivery=delivery).values_list("customer_id", "key"))
    assert {customer: provider.given.count(key) for customer, key in keys.items()} == {
        **dict.fromkeys(able, 1),
        able[1]: 2,
        able[4]: MOST_ATTEMPTS,
    }


@pytest.mark.parametrize(("deduplicates", "state"), [(False, "ambiguous"), (True, "sent")])
def test_recipients_of_a_crashed_worker_are_repeated_or_ambiguous(
    provider: Provider,
    deduplicates: bool,  # noqa: FBT001 - pytest gives it by name
    state: str,
) -> None:
    provider.deduplicates = deduplicates
    rows = make_scheduled(**EMAIL)
    delivery = _delivering(rows)
    build(delivery)
    taken = claim_recipients(delivery_id=delivery.pk, creative_id=rows.creative.pk, limit=4)
    assert len(taken.recipients) == 4
    _lose_the_worker()
    work()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.COMPLETE
    of_lost = Recipient.objects.filter(key__in=[each.key for each in taken.recipients])
    assert {member.state for member in of_lost} == {state}
    assert delivery.ambiguous == (0 if deduplicates else 4)
    assert delivery.sent == delivery.audience - delivery.ambiguous
    assert len(provider.given) == len(set(provider.given)) == delivery.sent


def test_another_destination_does_not_get_what_the_first_may_have(provider: Provider) -> None:
    provider.deduplicates = True
    rows = make_scheduled(**EMAIL)
    delivery = _delivering(rows)
    build(delivery)
    lost = claim_recipients(
        delivery_id=delivery.pk, creative_id=rows.creative.pk, limit=2, destination="provider"
    ).recipients
    _lose_the_worker()
    expire_leases(is_repeatable=lambda _delivery, _creative: True)
    doubtful, failing = Recipient.objects.filter(delivery=delivery).exclude(key__in=[one.key for one in lost])[:2]
    provider.outcomes = {
        doubtful.customer_id: [Outcome.UNKNOWN, Outcome.LATER],
        failing.customer_id: [Outcome.RETRY],
    } | {one.customer_id: [Outcome.LATER] for one in lost}
    while provider.outcomes.get(doubtful.customer_id):
        Recipient.objects.filter(key=doubtful.key, state="pending").update(due_at=LONG_AGO)
        work_once()
    before = [*provider.given]
    assert before.count(doubtful.key) == 2
    provider.destination = "another"
    _make_due()
    work()
    delivery.refresh_from_db()
    uncertain = {doubtful.key, *(one.key for one in lost)}
    assert (delivery.state, delivery.ambiguous, delivery.sent) == (DeliveryState.COMPLETE, 3, delivery.audience - 3)
    assert set(Recipient.objects.filter(delivery=delivery, state="ambiguous").values_list("key", "reference")) == {
        (key, "provider") for key in uncertain
    }
    assert not uncertain & set(provider.given[len(before) :])
    organization = delivery.organization
    assert resolve_recipients(organization=organization, keys=[doubtful.key], resolution=Resolution.AGAIN) == 1
    work()
    assert provider.given[-1] == doubtful.key


def test_a_slow_worker_still_settles_its_recipients(provider: Provider) -> None:
    rows = make_scheduled(**EMAIL)
    delivery = _delivering(rows)
    slow = provider.send
    lost: list[int] = []

    def send(message: object, several: object, _wanted: object) -> object:
        if not lost:
            lost.append(1)
            _lose_the_worker()
            expire_leases(is_repeatable=lambda _delivery, _creative: False)
            assert Recipient.objects.filter(state="ambiguous").exists()
        return slow(message, several)  # type: ignore[arg-type]

    provider.send = send  # type: ignore[method-assign,assignment]
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.ambiguous, delivery.sent) == (DeliveryState.COMPLETE, 0, delivery.audience)


def test_a_channel_that_raises_leaves_ambiguous_recipients_that_are_not_sent_again(provider: Provider) -> None:
    def broken(*_: object) -> list[object]:
        raise RuntimeError("connection reset")

    provider.send = broken  # type: ignore[method-assign,assignment]
    delivery = _delivering(make_scheduled(**EMAIL))
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.ambiguous) == (DeliveryState.COMPLETE, delivery.audience)
    assert "connection reset" in (Recipient.objects.filter(delivery=delivery)[0].error or "")


def test_a_destination_that_is_away_costs_nobody_an_attempt(provider: Provider) -> None:
    delivery = _delivering(make_scheduled(**EMAIL))
    people = list(Customer.objects.values_list("pk", flat=True))
    provider.outcomes = {one: [Outcome.LATER] * 8 for one in people}
    # A pause after a fourth failure doesn't end while a slow machine is at it.
    Delivery.objects.update(failures=3)
    for _ in range(MOST_ATTEMPTS + 1):
        work()
        _make_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.pending, delivery.failures) == (
        DeliveryState.DELIVERING,
        delivery.audience,
        MOST_ATTEMPTS + 4,
    )
    assert "takes nothing now" in delivery.error
    provider.outcomes = {}
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.failures, delivery.error) == (
        DeliveryState.COMPLETE,
        delivery.audience,
        0,
        "",
    )


@pytest.mark.parametrize("after_the_first", [Outcome.UNKNOWN, Outcome.RETRY])
def test_an_uncertain_attempt_makes_a_recipient_ambiguous_in_the_end(
    provider: Provider, after_the_first: Outcome
) -> None:
    provider.deduplicates = True
    rows = make_scheduled(**EMAIL)
    one = make_customer(rows.campaign.organization)
    provider.outcomes = {one.pk: [Outcome.UNKNOWN] + [after_the_first] * 99}
    delivery = make_delivery(rows)
    for _ in range(MOST_ATTEMPTS):
        work()
        _make_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failed, delivery.ambiguous) == (DeliveryState.COMPLETE, 0, 1)
    assert len(provider.given) == MOST_ATTEMPTS


def test_triggered_messages_wait_for_no_long_delivery(provider: Provider) -> None:
    provider.rate = 1.0
    delivery = _delivering(make_scheduled(**EMAIL))
    build(delivery)
    rows = make_scheduled(delivery.organization, delivery_method="triggered", **EMAIL)
    message = TriggeredMessage(uuid.uuid4(), rows.creative.pk, make_customer(delivery.organization).pk)
    add_triggered_recipients(organization_id=delivery.organization_id, messages=[message], at=delivery.scheduled_for)
    provider.batch_size = 1
    work_once()
    assert message.key in provider.given
    assert Recipient.objects.filter(delivery=delivery, state="pending").exists()


def test_triggered_messages_wait_for_no_slow_destination(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Provider()
    slow.destination, slow.rate = "slow", 1.0
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_PUSH, lambda _message: slow)
    first = make_scheduled(delivery_method="triggered", **PUSH)
    organization = first.campaign.organization
    second = make_scheduled(organization, delivery_method="triggered", **EMAIL)
    customer = make_customer(organization)
    older = [TriggeredMessage(uuid.uuid4(), first.creative.pk, customer.pk) for _ in range(9)]
    newer = TriggeredMessage(uuid.uuid4(), second.creative.pk, customer.pk)
    long_ago = timezone.now() - timedelta(hours=2)
    add_triggered_recipients(organization_id=organization.pk, messages=older, at=long_ago)
    add_triggered_recipients(organization_id=organization.pk, messages=[newer], at=long_ago + timedelta(hours=1))
    for _ in range(4):
        work_once()
    assert provider.given == [newer.key]
    assert 1 <= len(slow.given) < len(older)


def test_consent_that_is_withdrawn_meanwhile_counts(provider: Provider, folder: Folder) -> None:
    for message in (EMAIL, CSV):
        rows = make_scheduled(**message)
        delivery = _delivering(rows)
        build(delivery)
        Customer.objects.filter(organization=rows.campaign.organization).update(email_consent=False)
        work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.skipped, delivery.sent) == (DeliveryState.COMPLETE, delivery.audience, 0)
    assert (provider.given, folder.people) == ([], [])


def test_a_file_exports_everybody_at_once(folder: Folder) -> None:
    delivery = _delivering(make_scheduled(**CSV))
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.file_name, delivery.file_rows) == (
        DeliveryState.COMPLETE,
        len(folder.people),
        "audience.csv",
        len(folder.people),
    )
    assert 5 < delivery.sent == delivery.audience == len(set(folder.people))


def test_a_delivery_without_a_channel_fails_and_can_be_retried(provider: Provider) -> None:
    registry.CHANNELS.pop(CreativeType.MESSAGING_PLATFORM_EMAIL)
    rows = make_scheduled(**EMAIL)
    delivery = _delivering(rows)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (DeliveryState.FAILED, "Nothing delivers email_message.")
    registry.CHANNELS[CreativeType.MESSAGING_PLATFORM_EMAIL] = lambda _message: provider
    retry_delivery(organization=rows.campaign.organization, delivery_id=delivery.pk)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error, delivery.sent) == (DeliveryState.COMPLETE, "", delivery.audience)


def test_a_cancelled_delivery_sends_nothing_more(provider: Provider) -> None:
    rows = make_scheduled(**EMAIL)
    delivery = _delivering(rows)
    take = provider.send

    def cancelling(message: object, several: object, _wanted: object) -> object:
        cancel_delivery(organization=rows.campaign.organization, delivery_id=delivery.pk, now=timezone.now())
        return take(message, several)  # type: ignore[arg-type]

    provider.send = cancelling  # type: ignore[method-assign,assignment]
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent) == (DeliveryState.CANCELLED, provider.batch_size)


def test_triggered_messages_go_the_same_way_once(provider: Provider) -> None:
    rows = make_scheduled(delivery_method="triggered", **EMAIL)
    organization = rows.campaign.organization
    here, stranger = make_customer(organization), make_customer(make_scheduled().campaign.organization)
    messages = [TriggeredMessage(uuid.uuid4(), rows.creative.pk, customer.pk) for customer in (here, stranger)]
    for added in (1, 0):
        assert add_triggered_recipients(organization_id=organization.pk, messages=messages, at=timezone.now()) == added
    rows.campaign.status = "paused"
    rows.campaign.save()
    work()
    assert (provider.given, Recipient.objects.get().state) == ([], "pending")
    rows.campaign.status = "live"
    rows.campaign.save()
    _make_due()
    work()
    assert provider.given == [messages[0].key]
    assert Recipient.objects.get().state == "sent"


def test_merging_two_recipients_leaves_one(provider: Provider) -> None:
    rows = make_scheduled(**EMAIL)
    organization = rows.campaign.organization
    known, anonymous = make_customer(organization), make_anonymous(organization)
    other = make_anonymous(organization)
    provider.outcomes = {anonymous.pk: [Outcome.SENT], known.pk: [Outcome.FAILED], other.pk: [Outcome.SENT]}
    delivery = make_delivery(rows)
    work()
    for one in (anonymous, other):
        identify(organization=organization, anonymous=one, customer_id=str(known.external_id))
    delivery.refresh_from_db()
    assert (delivery.audience, delivery.sent, delivery.failed) == (1, 1, 0)
    assert Recipient.objects.get(delivery=delivery).customer == known


def test_a_destination_is_sent_no_more_than_its_rate(provider: Provider) -> None:
    provider.rate = 5.0
    delivery = _delivering(make_scheduled(**EMAIL), people=40)
    work()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERING
    assert 5 <= len(provider.given) <= 12
