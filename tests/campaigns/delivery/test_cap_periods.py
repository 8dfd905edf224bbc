"""A message counts towards its campaign's cap in the period in which it is sent, whenever its audience was built."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from campaigns.decisions.compiled import find_definition
from campaigns.decisions.impressions import issue_impressions
from campaigns.delivery import cap_periods
from campaigns.delivery.cap_periods import cap_that_is_over, count_again
from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import Outcome
from campaigns.delivery.control import pause_delivery, resume_delivery
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.delivery.sweep import advance_deliveries
from campaigns.hierarchy.campaigns import update_campaign
from campaigns.models import AdCampaign, Delivery, IssuedOffer, Participation, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.delivery import DeliveryState
from campaigns.tasks import work_once
from customers.customers.merging import identify
from customers.models import Customer
from tests.campaigns.delivery.scheduled import (
    CSV,
    DAY,
    EMAIL,
    LONG_AGO,
    Folder,
    Provider,
    a_day_passes,
    build,
    make_delivery,
    make_scheduled,
    states_of,
    work,
)
from tests.factories import Hierarchy, make_anonymous, make_customer, make_offer, make_organization
from tests.meanwhile import meanwhile

CAP = {"frequency_cap": 1, "frequency_unit": "impressions", "frequency_period": "daily"}
OFFER = {"ad_type": AdType.ISSUE_BULK_OFFER, "creative_type": CreativeType.ISSUE_BULK_OFFER}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Where emails go."""
    found = Provider(batch_size=2)
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_EMAIL, lambda _message: found)
    return found


def _capped(people: int, **creative: Any) -> tuple[Hierarchy, list[Customer]]:
    organization = make_organization()
    rows = make_scheduled(organization, **creative)
    AdCampaign.objects.filter(pk=rows.campaign.pk).update(**CAP)
    return rows, [make_customer(organization) for _ in range(people)]


def _is_shown(rows: Hierarchy, customer: Customer) -> bool:
    definition = find_definition(organization_id=rows.campaign.organization_id, campaign_id=rows.campaign.pk)
    assert definition
    asked: dict[str, Any] = {"organization": rows.campaign.organization, "campaigns": [definition.candidate]}
    return bool(issue_impressions(customer_id=customer.pk, now=timezone.now(), **asked).tokens)


def _counts() -> dict[int, tuple[int, int]]:
    """Of each customer how often, and how many days ago the period began."""
    today = timezone.now().date()
    rows = Participation.objects.values_list("customer_id", "capped_count", "capped_from")
    return {customer_id: (count, (today - day).days) for customer_id, count, day in rows if day and count}


@pytest.mark.django_db
def test_an_audience_that_was_paused_over_midnight_counts_today() -> None:
    rows, (shown, other) = _capped(2, **EMAIL)
    delivery = make_delivery(rows)
    assert advance_deliveries(now=timezone.now())
    pause_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    Delivery.objects.update(started_at=timezone.now() - DAY)
    assert _is_shown(rows, shown)
    resume_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    build(delivery)
    assert list(Recipient.objects.values_list("customer_id", flat=True)) == [other.pk]
    assert not _is_shown(rows, shown)
    assert _counts() == {shown.pk: (1, 0), other.pk: (1, 0)}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [EMAIL, CSV, OFFER], ids=["one by one", "export", "offers"])
def test_a_message_sent_a_day_after_building_counts_on_that_day(
    kind: dict[str, Any], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cap_periods, "BITE", 2)
    folder = Folder()
    monkeypatch.setitem(registry.EXPORTS, CreativeType.ISSUE_AUDIENCE_CSV, lambda _message: folder)
    rows, people = _capped(5, **kind)
    if kind is OFFER:
        rows.creative.offer_ids = [make_offer(rows.campaign.organization).guid]
        rows.creative.save()
    delivery = make_delivery(rows)
    build(delivery)
    assert set(_counts().values()) == {(1, 0)}
    a_day_passes()
    assert _is_shown(rows, people[2])
    work()
    delivery.refresh_from_db()
    assert (delivery.state, states_of(delivery)) == (DeliveryState.COMPLETE, {"sent": 4, "skipped": 1})
    assert (delivery.audience, delivery.sent, delivery.skipped) == (5, 4, 1)
    (skipped,) = Recipient.objects.filter(state="skipped")
    assert (skipped.customer_id, skipped.error) == (people[2].pk, cap_periods.NO_ROOM)
    assert _counts() == {one.pk: (1, 0) for one in people}
    assert not any(_is_shown(rows, one) for one in people)
    reached = {"one by one": len(provider.given), "export": len(folder.people), "offers": IssuedOffer.objects.count()}
    assert sorted(reached.values()) == [0, 0, 4]


@pytest.mark.django_db
def test_a_message_retried_a_day_later_counts_on_that_day(provider: Provider) -> None:
    rows, (fine, later, failed) = _capped(3, **EMAIL)
    provider.outcomes = {later.pk: [Outcome.RETRY], failed.pk: [Outcome.FAILED]}
    delivery = make_delivery(rows)
    work()
    assert states_of(delivery) == {"sent": 1, "pending": 1, "failed": 1}
    a_day_passes()
    Recipient.objects.filter(state="pending").update(due_at=LONG_AGO)
    work()
    assert states_of(delivery) == {"sent": 2, "failed": 1}
    keys = list(Recipient.objects.filter(state="failed").values_list("key", flat=True))
    resolve_recipients(organization=delivery.organization, keys=keys, resolution=Resolution.AGAIN)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, states_of(delivery)) == (DeliveryState.COMPLETE, {"sent": 3})
    assert _counts() == {fine.pk: (1, 1), later.pk: (1, 0), failed.pk: (1, 0)}


@pytest.mark.django_db
def test_counting_stops_at_a_pause_and_goes_on_after_it(provider: Provider) -> None:
    rows, _ = _capped(3, **EMAIL)
    delivery = make_delivery(rows)
    build(delivery)
    a_day_passes()
    delivery.refresh_from_db()
    cap = cap_that_is_over(delivery=delivery, now=timezone.now())
    assert cap is not None
    pause_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    assert not count_again(delivery=delivery, cap=cap)
    assert set(_counts().values()) == {(1, 1)}
    resume_delivery(organization=delivery.organization, delivery_id=delivery.pk)
    work()
    assert states_of(delivery) == {"sent": 3}
    assert len(provider.given) == 3
    assert set(_counts().values()) == {(1, 0)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("connections")
def test_counting_survives_a_merge_between_any_two_of_its_statements(provider: Provider) -> None:
    number = 0
    while _is_merged_while_counting(number):
        number += 1
    assert number > 3
    assert provider.given


def _is_merged_while_counting(number: int) -> bool:
    rows, (known, other) = _capped(2, **EMAIL)
    organization = rows.campaign.organization
    anonymous = make_anonymous(organization)
    Customer.objects.filter(pk=known.pk).update(consent=False)
    delivery = make_delivery(rows)
    build(delivery)
    Customer.objects.filter(pk=known.pk).update(consent=True)
    a_day_passes()
    merge = partial(identify, organization=organization, anonymous=anonymous, customer_id=str(known.external_id))
    with meanwhile(number, merge) as merging:
        work_once()
    work()
    assert states_of(delivery) == {"sent": 2}
    owner = known if merging.has_happened else anonymous
    counts = _counts()
    assert {one.pk: counts[one.pk] for one in (owner, other)} == {owner.pk: (1, 0), other.pk: (1, 0)}
    return merging.has_happened


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "shown_before", "shown_after", "sent"),
    [({"frequency_period": "weekly"}, True, False, 0), ({"frequency_unit": "interactions"}, True, True, 1)],
)
def test_a_cap_that_changes_while_its_audience_is_built_is_the_present_one(
    provider: Provider, change: dict[str, Any], *, shown_before: bool, shown_after: bool, sent: int
) -> None:
    rows, (customer,) = _capped(1, **EMAIL)
    organization = rows.campaign.organization
    make_delivery(rows)
    assert advance_deliveries(now=timezone.now())
    update_campaign(organization=organization, campaign_id=rows.campaign.pk, changes=change)

    def show() -> bool:
        found = find_definition(organization_id=organization.pk, campaign_id=rows.campaign.pk)
        assert found
        offered = issue_impressions(
            organization=organization, customer_id=customer.pk, campaigns=[found.candidate], now=timezone.now()
        )
        return bool(offered.tokens)

    assert show() is shown_before
    work()
    assert len(provider.given) == sent
    assert show() is shown_after
