"""Customers who have taken part in a great many campaigns: decided about as anybody else, at the same cost."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import AdCampaign, Participation
from customers.models import Customer
from customers.organizations.organizations import bump_version
from funnels.placements.visits import SHORT_HISTORY, get_customer_visit, with_history
from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder, make_popup
from tests.dialects.trace.caller import Caller, accepted, decoded, refused
from tests.factories import ENDS_AT, STARTS_AT, make_customer, unique

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_decision_log")]


def take_part_in_the_past(customer: Customer, number: int = 3 * SHORT_HISTORY) -> None:
    """A history in so many campaigns that are over."""
    over = AdCampaign.objects.bulk_create(
        AdCampaign(
            organization=customer.organization,
            name=unique("Over"),
            permalink=unique("over"),
            status="completed",
            starts_at=STARTS_AT,
            ends_at=ENDS_AT,
        )
        for _ in range(number)
    )
    Participation.objects.bulk_create(
        Participation(organization=customer.organization, customer=customer, campaign=one, seen_count=1) for one in over
    )


def page(caller: Caller, trail: str) -> dict[str, Any]:
    """What a page of one placeholder with a popup asks."""
    asked = {"app-token": caller.token, "trail-id": trail, "page-location": "http://my.domain/", "sync-popups": True}
    return asked | {"placeholders": [{"placeholder": "hero"}]}


def shown(answer: dict[str, Any]) -> list[list[int]]:
    """The campaigns in each placeholder."""
    return [[one["banner"]["campaign"] for one in part["banners-list"]] for part in answer["placeholders"]]


@pytest.mark.parametrize("is_old", [False, True])
def test_a_long_history_decides_as_a_short_one(caller: Caller, is_old: bool) -> None:  # noqa: FBT001
    """Dismissed, converted, completed, at its cap, and who was seen last: the same for both."""
    customer = make_customer(caller.organization, external_id="51")
    if is_old:
        take_part_in_the_past(customer)
    placeholder = make_placeholder(caller.application, name="hero", maximum_banners=9)
    cap = {"frequency_cap": 1, "frequency_unit": "impressions", "frequency_period": "lifetime"}
    live = [make_live_campaign(caller.organization) for _ in range(5)]
    capped = make_live_campaign(caller.organization, **cap)
    for campaign in [*live, capped]:
        make_banner(placeholder, campaign)
    now = timezone.now()
    dismissed, converted, completed, seen, new = live
    for campaign, history in (
        (dismissed, {"dismissed_count": 1, "dismissed_at": now}),
        (converted, {"converted_count": 1, "converted_at": now}),
        (completed, {"completed_count": 1, "completed_at": now}),
        (seen, {"seen_count": 1, "last_seen_at": now}),
    ):
        Participation.objects.create(organization=caller.organization, customer=customer, campaign=campaign, **history)
    popup = make_popup(caller.application, converted)
    trail = caller.visit("51")
    answers = [accepted(caller.post("campaigns/sync-page", page(caller, trail))) for _ in range(2)]
    assert shown(answers[0]) == [[new.pk, capped.pk, seen.pk]]
    assert shown(answers[1]) == [[seen.pk, new.pk]]
    assert [answer["popup"] for answer in answers] == [{}, {}]
    popup.campaign = new
    popup.save()
    bump_version(organization=caller.organization)
    assert accepted(caller.post("campaigns/sync-page", page(caller, trail)))["popup"]["campaign"] == new.pk
    active = accepted(caller.post("campaigns/active", {"app-token": caller.token, "trail-id": trail}))
    assert {one["campaign"] for one in active["campaigns"]} == {seen.pk, new.pk}
    for name, campaigns in (("again", [dismissed, converted]), ("now", [converted, new])):
        make_event(caller.application, *campaigns, name=name)
    bump_version(organization=caller.organization)
    told = {"app-token": caller.token, "customer-id": "51", "context": {}}
    refused(caller.post("campaigns/business-event", told | {"event-name": "again"}), 404, "no-matching-campaign")
    answer = caller.post("campaigns/business-event", told | {"event-name": "now"})
    assert (answer.status_code, decoded(answer)["campaign"]) == (202, new.name)


def test_a_history_costs_no_more_than_a_statement_however_long(caller: Caller) -> None:
    make_banner(make_placeholder(caller.application, name="hero"))
    young, old, older = (make_customer(caller.organization) for _ in range(3))
    take_part_in_the_past(old, SHORT_HISTORY + 10)
    take_part_in_the_past(older, 5 * SHORT_HISTORY)
    counts, lengths = [], []
    for customer in (young, old, older):
        trail = caller.visit(customer.external_id)
        accepted(caller.post("campaigns/sync-page", page(caller, trail)))
        with CaptureQueriesContext(connection) as captured:
            accepted(caller.post("campaigns/sync-page", page(caller, trail)))
        counts.append(len(captured))
        visit = get_customer_visit(app_token=caller.application.app_token, customer_pk=customer.pk)
        lengths.append(len(with_history(visit, []).subject.history))
    assert counts == [2, 3, 3]
    assert lengths == [1, 0, 0]


def test_history_that_was_not_read_is_never_needed(caller: Caller) -> None:
    """To forget `with_history` is an error, not a customer without a past."""
    customer = make_customer(caller.organization)
    take_part_in_the_past(customer)
    visit = get_customer_visit(app_token=caller.application.app_token, customer_pk=customer.pk)
    with pytest.raises(LookupError, match="with_history"):
        visit.subject.history_with(1)
