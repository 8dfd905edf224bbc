"""Building the audience of a scheduled message: half of a million customers (BENCH_CUSTOMERS says another number).

Each way of building begins with an empty table of members and ends with a commit, one right after the other; which of
two is the first changes from round to round.
"""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

from django.db import connection, connections, transaction
from django.utils import timezone

from campaigns.decisions.compiled import read_definition
from campaigns.delivery.audience import AudienceCriteria, get_criteria
from campaigns.delivery.build_chunk import build_chunk, claim_chunk
from campaigns.delivery.follow_merges import finish_next_audience
from campaigns.delivery.sweep import begin_next_delivery
from campaigns.models import Delivery, Recipient
from campaigns.models.delivery import DeliveryState
from campaigns.schedule.synchronise import synchronise_deliveries
from customers.customers.generation import generate_customers
from customers.schema.indexes import maintain_field_indexes
from tests.bench.harness import Outcome, Scenario
from tests.bench.load import Measurement
from tests.bench.requests import Request, RunFailedError
from tests.campaigns.delivery.scheduled import EMAIL, make_scheduled
from tests.factories import Hierarchy, make_organization, make_target

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
FEW = 100_000
NAIVE = 40_000
MOST_MEGABYTES = 150
# What takes seconds is measured often enough for a median, and not as often as what takes milliseconds.
MOST_ROUNDS, MOST_PAIRS = 3, 7
NOTHING = Request("")
PLAN = "build an audience"
SCENARIOS = {
    "reference": Scenario(PLAN, NOTHING, 0.90, reference=NOTHING, reference_name="one INSERT…SELECT"),
    "naive": Scenario(PLAN, NOTHING, 4.0, reference=NOTHING, reference_name="keyset and executemany"),
    "two": Scenario(f"{PLAN}, two workers", NOTHING, 1.0, reference=NOTHING, reference_name="one worker"),
    "flat": Scenario(f"{PLAN} of all, a customer", NOTHING, 1 / 1.3, reference=NOTHING, reference_name="100,000"),
    "memory": Scenario(f"{PLAN}, memory", NOTHING, 1.0, reference=NOTHING, reference_name=f"{MOST_MEGABYTES} MB"),
}
WORKER = """
import django; django.setup()
from pathlib import Path
from django.utils import timezone
from campaigns.delivery.build_chunk import build_chunk, claim_chunk
while (leased := claim_chunk()) is not None:
    assert build_chunk(leased=leased)
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
ONE_STATEMENT = """
INSERT INTO campaigns_recipient (key, organization_id, delivery_id, creative_id, customer_id, state, due_at)
SELECT (%s::text || lpad(to_hex(customer.id), 16, '0'))::uuid, %s::bigint, %s::bigint, %s::bigint, customer.id,
    'pending', now()
FROM customers_customer customer WHERE customer.organization_id = %s::bigint AND {criteria}
"""
PAGE = """
SELECT customer.id FROM customers_customer customer WHERE customer.organization_id = %s AND customer.id > %s
AND {criteria} ORDER BY customer.id LIMIT 1000
"""
ONE_ROW = """
INSERT INTO campaigns_recipient (key, organization_id, delivery_id, creative_id, customer_id, state, due_at)
VALUES (%s, %s, %s, %s, %s, 'pending', now())
"""


def outcomes(rounds: int) -> list[Outcome]:
    """The rows of the bench; the data is made first."""
    with connection.cursor() as cursor:
        # The creatives that other scenarios made are due before ours.
        cursor.execute("TRUNCATE campaigns_delivery CASCADE")
    many, few = _scheduled(CUSTOMERS), _scheduled(FEW)
    maintain_field_indexes()
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in SCENARIOS}
    for number in range(min(rounds * 2, MOST_PAIRS)):
        reference, ours = _both(many, reverse=bool(number % 2))
        pairs["reference"].append((reference, ours))
        if number < MOST_ROUNDS:
            pairs["naive"].append((_rate(many, _naive), ours))
            pairs["two"].append((ours, _rate(many, _two_workers)))
            pairs["flat"].append((_rate(few, _one_worker), ours))
    pairs["memory"].append((1 / MOST_MEGABYTES, 1 / _megabytes(many)))
    return [_outcome(SCENARIOS[name], found) for name, found in pairs.items()]


def _both(rows: Hierarchy, *, reverse: bool) -> tuple[float, float]:
    """Members a second of the one statement and of ours, which must find the same number of them."""
    ways = [_one_statement, _one_worker]
    timed = {way: _timed(rows, way) for way in (reversed(ways) if reverse else ways)}
    (reference, members), (ours, found) = (timed[way] for way in ways)
    if members != found:
        raise RunFailedError(f"{found} members instead of {members}")
    return members / reference, found / ours


def _rate(rows: Hierarchy, build: Callable[[Delivery, AudienceCriteria], None]) -> float:
    seconds, members = _timed(rows, build)
    return members / seconds


def _scheduled(number: int) -> Hierarchy:
    """A live message for about half of the customers of an organization of its own."""
    organization = make_organization()
    for _ in generate_customers(organization=organization, number=number):
        pass
    rows = make_scheduled(organization, **EMAIL)
    make_target(rows.bundle, attribute="state", operator="in", values=["CA", "NY", "TX"])
    return rows


def _begun(rows: Hierarchy) -> Delivery:
    """A delivery whose chunks are planned, and an empty table of members."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE campaigns_recipient")
    Delivery.objects.filter(creative=rows.creative).delete()
    synchronise_deliveries(organization=rows.campaign.organization, level=rows.creative)
    begin_next_delivery(now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    return Delivery.objects.get(creative=rows.creative, state=DeliveryState.BUILDING)


def _timed(rows: Hierarchy, build: Callable[[Delivery, AudienceCriteria], None]) -> tuple[float, int]:
    """Seconds, and how many members there are then."""
    delivery = _begun(rows)
    criteria = get_criteria(
        organization=rows.campaign.organization,
        definition=read_definition(organization_id=delivery.organization_id, written=delivery.definition or {}),
        group_id=rows.group.pk,
        creative_type=rows.creative.creative_type,
        now=timezone.now(),
    )
    began = time.perf_counter()
    build(delivery, criteria)
    return time.perf_counter() - began, Recipient.objects.filter(delivery=delivery).count()


def _one_statement(delivery: Delivery, criteria: AudienceCriteria) -> None:
    where, parameters = criteria.where
    first: list[Any] = [
        delivery.key.hex[:16],
        delivery.organization_id,
        delivery.pk,
        delivery.creative_id,
        delivery.organization_id,
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT.format(criteria=where), [*first, *parameters])


def _one_worker(_delivery: Delivery, _criteria: AudienceCriteria) -> None:
    while (leased := claim_chunk()) is not None:
        if not build_chunk(leased=leased):
            raise RunFailedError("a chunk was not built")
    finish_next_audience()


def _two_workers(delivery: Delivery, criteria: AudienceCriteria) -> None:
    def work(_number: int) -> None:
        _one_worker(delivery, criteria)
        connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, range(2)))


def _naive(delivery: Delivery, criteria: AudienceCriteria) -> None:
    """What is done where SQL is only asked for ids: a page by keyset, its rows by executemany, a commit each."""
    where, parameters = criteria.where
    after = made = 0
    while made < NAIVE:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PAGE.format(criteria=where), [delivery.organization_id, after, *parameters])
            ids = [row[0] for row in cursor.fetchall()]
            rows: list[Any] = [
                (uuid.uuid4(), delivery.organization_id, delivery.pk, delivery.creative_id, each) for each in ids
            ]
            cursor.executemany(ONE_ROW, rows)
        if not ids:
            return
        after, made = ids[-1], made + len(ids)


def _megabytes(rows: Hierarchy) -> float:
    """The most memory that a worker of its own has had after it built everything.

    From VmHWM: a child's `ru_maxrss` is never below what its parent, the bench with all its data, had when it forked.
    """
    _begun(rows)
    command = [sys.executable, "-c", WORKER]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return int(ended.stdout) / 1024


def _outcome(scenario: Scenario, pairs: list[tuple[float, float]]) -> Outcome:
    """Rates (members a second) of the reference and of ours."""
    ratios = tuple(ours / reference for reference, ours in pairs)
    rate = median(ours for _, ours in pairs)
    usual = Measurement(rate, 1000 / rate, 1000 / rate)
    return Outcome(scenario, usual, median(reference for reference, _ in pairs), median(ratios), ratios)
