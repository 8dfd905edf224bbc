"""Caps under any concurrency, and events that are told again after a crash."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection, transaction

from campaigns.behaviors.run import CustomerEvent
from campaigns.models import Completion, Event, GoalProgressEvent, IssuedOffer, Offer, Participation, PointsEntry
from campaigns.user_campaigns.complete import complete_campaign
from customers.errors import DomainError
from customers.models import Customer, Organization
from tests.campaigns.behaviors.makers import (
    NOW,
    add_message,
    add_outcome,
    make_behavior,
    make_live_behavior,
    record,
    times_earned,
)
from tests.channels import make_event, make_live_campaign
from tests.dialects.trace.caller import Caller
from tests.factories import make_customer, make_organization
from tests.together import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("connections"),  # PostgreSQL allows a hundred in all
]
ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60
THREADS = 8


def _performed(customer: Customer, campaign_id: int) -> None:
    organization = Organization.objects.get(pk=customer.organization_id)
    try:
        complete_campaign(organization=organization, campaign_id=campaign_id, customer=customer, now=NOW)
    except DomainError as error:
        assert error.code == "failed_to_perform"


def test_concurrent_events_and_completions_never_exceed_a_cap(settings: Any) -> None:
    settings.DECISION_LOG = "off"
    caller = Caller.of()
    customer = make_customer(caller.organization, external_id="51")
    campaign = make_live_campaign(caller.organization)
    make_event(caller.application, campaign, name="buy")
    behavior = make_behavior(campaign, max_times_achievable=3, points=1)
    offer = Offer.objects.create(organization=caller.organization, name="Mug", total_limit=2)
    add_outcome(behavior, offer=offer)
    # Messages count in participations, which business events lock as well.
    add_message(behavior, frequency_cap=2, frequency_unit="impressions", frequency_period="lifetime")

    def business_event() -> None:
        mine = Caller(caller.application)
        body = {"app-token": caller.token, "event-name": "buy", "customer-id": "51"}
        assert mine.post("campaigns/business-event", body).status_code in {202, 404}

    kinds: list[Callable[[], object]] = [
        business_event,
        partial(record, customer, NOW),
        partial(_performed, customer, campaign.pk),
    ]

    def work(start: int) -> None:
        for turn in range(start, 100, THREADS):
            kinds[turn % len(kinds)]()

    together([partial(work, start) for start in range(THREADS)])
    customer.refresh_from_db()
    assert (times_earned(behavior), customer.points, PointsEntry.objects.count()) == (3, 3, 3)
    assert IssuedOffer.objects.count() == 2
    # A business event happened also where no campaign was left to offer.
    assert Event.objects.count() == 33 + 34
    assert Participation.objects.get().capped_count == 2


def test_concurrent_batches_of_the_same_customers_never_deadlock_or_lose_events() -> None:
    organization = make_organization()
    customers = [make_customer(organization) for _ in range(6)]
    behavior = make_live_behavior(organization, {"event_count": 4}, points=1)
    offer = Offer.objects.create(organization=organization, name="Mug", total_limit=5)
    add_outcome(behavior, offer=offer)

    def work(start: int) -> None:
        for turn in range(6):
            order = customers[(start + turn) % 6 :] + customers[: (start + turn) % 6]
            record(order[0], *(CustomerEvent(each.pk, "buy", NOW + timedelta(minutes=turn)) for each in order))

    together([partial(work, start) for start in range(4)])
    assert (times_earned(behavior), Event.objects.count(), IssuedOffer.objects.count()) == (36, 144, 5)
    assert set(Customer.objects.values_list("points", flat=True)) == {6}


BATCH = """
import django
django.setup()
from tests.campaigns.behaviors.makers import NOW, record
from campaigns.behaviors.run import CustomerEvent
from customers.models import Customer
customer = Customer.objects.get(pk={customer})
record(customer, *(CustomerEvent(customer.pk, "buy", NOW, event_id=f"1:{{number}}") for number in range(10)))
"""


def test_a_batch_whose_process_is_killed_is_counted_once_when_it_is_repeated() -> None:
    customer = make_customer(make_organization())
    behavior = make_live_behavior(customer.organization, {"event_count": 3}, points=1)
    offer = Offer.objects.create(organization=customer.organization, name="Mug")
    add_outcome(behavior, offer=offer)
    with transaction.atomic():
        # Its counters and points are written when it waits for the offer.
        Offer.objects.select_for_update().get(pk=offer.pk)
        process = _in_another_process(BATCH.format(customer=customer.pk))
        _wait_until_it_waits()
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
    for is_duplicate in (False, True):
        told = [CustomerEvent(customer.pk, "buy", NOW, event_id=f"1:{number}") for number in range(10)]
        assert {one.is_duplicate for one in record(customer, *told)} == {is_duplicate}
    customer.refresh_from_db()
    assert (Event.objects.count(), times_earned(behavior), customer.points) == (10, 3, 3)
    assert (GoalProgressEvent.objects.count(), IssuedOffer.objects.count(), PointsEntry.objects.count()) == (1, 3, 3)
    assert Completion.objects.count() == 6


def _in_another_process(program: str) -> subprocess.Popen[bytes]:
    at = connection.connection.info
    url = f"postgresql://{at.user}@/{at.dbname}?host={at.host}&port={at.port}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)


def _wait_until_it_waits() -> None:
    """Poll until another connection to this database waits for a lock."""
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        with connection.cursor() as cursor:
            # What a transaction has seen of other connections it sees again otherwise.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            (waiting,) = cursor.fetchone()
        if waiting:
            return
        assert monotonic() < deadline, "the other process never came to the offer"
        sleep(0.02)
