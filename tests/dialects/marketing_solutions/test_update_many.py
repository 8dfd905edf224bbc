"""Many updates at once: partial success holds for any mixture, and the number of statements for any size."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import SpendLimit
from tests.dialects.marketing_solutions.actor import Buyer, update
from tests.dialects.marketing_solutions.expected import refusal, results

# What can be done with an existing campaign; None: the entry is refused, else the amount that must stand afterwards.
GOOD = [({"amount": amount}, str(amount)) for amount in (1, 2.5, 77.77)]
BAD: list[dict[str, Any]] = [{"amount": -1}, {"amount": "x"}, {"renewal": "weekly"}, {"type": None}, {"surprise": 1}]
NONSENSE: list[object] = [None, 5, [], {}, {"id": "abc"}, {"id": 2**70, "attributes": {}}, "99999"]
ENTRIES = st.lists(
    st.one_of(
        st.tuples(st.just("good"), st.integers(0, 399), st.integers(0, len(GOOD) - 1)),
        st.tuples(st.just("bad"), st.integers(0, 399), st.integers(0, len(BAD) - 1)),
        st.tuples(st.just("nonsense"), st.just(-1), st.integers(0, len(NONSENSE) - 1)),
    ),
    min_size=1,
    max_size=500,
)
MAKERS: dict[str, Callable[[int, int], object]] = {
    "good": lambda campaign_id, choice: update(campaign_id, **GOOD[choice][0]),
    "bad": lambda campaign_id, choice: update(campaign_id, **BAD[choice]),
    "nonsense": lambda _, choice: NONSENSE[choice],
}


@given(plan=ENTRIES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_each_entry_is_in_exactly_one_place_and_the_database_agrees(
    four_hundred: tuple[Buyer, list[int]], plan: list[tuple[str, int, int]]
) -> None:
    buyer, ids = four_hundred
    SpendLimit.objects.update(amount=1000, takes_effect_on=None, renewal_before=None, amount_before=None)
    entries = [MAKERS[kind](ids[number], choice) for kind, number, choice in plan]
    numbers = [number for _, number, _ in plan]
    wanted = {
        place: GOOD[choice][1]
        for place, (kind, number, choice) in enumerate(plan)
        if kind == "good" and numbers.count(number) == 1
    }
    data, errors, warnings = results(buyer.patch(*entries))
    assert data == [str(ids[plan[place][1]]) for place in wanted], "the order of the request is kept"
    assert set(errors) == set(range(len(plan))) - set(wanted)
    assert warnings == []
    changed = {campaign: float(amount) for campaign, amount in _amounts() if amount != 1000}
    assert changed == {ids[plan[place][1]]: float(amount) for place, amount in wanted.items()}


def _amounts() -> list[tuple[int, Any]]:
    return list(SpendLimit.objects.values_list("campaign_id", "amount"))


@pytest.fixture
def four_hundred(buyer: Buyer) -> tuple[Buyer, list[int]]:
    return buyer, [buyer.campaign().pk for _ in range(400)]


def test_the_number_of_statements_is_five_whatever_the_size(four_hundred: tuple[Buyer, list[int]]) -> None:
    buyer, ids = four_hundred
    for size in (1, 400):
        entries = [update(each, amount=-1 if place % 10 == 9 else 5) for place, each in enumerate(ids[:size])]
        with CaptureQueriesContext(connection) as captured:
            data, _, _ = results(buyer.patch(*entries))
        assert len(data) == size - size // 10
        # The application, the beginning and the end of the transaction, the rows locked, the change with its look at
        # the ledger and the version stamp.
        assert len(captured) == 5, [query["sql"][:60] for query in captured]


def test_ten_thousand_entries_are_read_and_one_more_is_refused(buyer: Buyer) -> None:
    data, errors, _ = results(buyer.patch(*[{"id": 0}] * 10_000))
    assert (data, len(errors)) == ([], 10_000)
    assert refusal(buyer.patch(*[{"id": 0}] * 10_001), 413, "validation", "too-many-entries") == []


def test_a_body_of_more_than_four_megabytes_is_refused(buyer: Buyer) -> None:
    answer = buyer.send("PATCH", "", b'{"data":[' + b" " * 4 * 1_048_576 + b"]}")
    assert refusal(answer, 413, "validation", "body-too-large") == []


def test_an_empty_list_is_accepted(buyer: Buyer) -> None:
    assert results(buyer.patch()) == ([], {}, [])


NO_LISTS = [
    b"",
    b"null",
    b"[]",
    b"5",
    b'"data"',
    b"{}",
    b'{"data":null}',
    b'{"data":{}}',
    b'{"data":"x"}',
    b'{"Data":[]}',
    b'{"data":[],"more":1}',
    b'{"data":[',
    b'{"data":[NaN]}',
    b'{"data":[Infinity]}',
    b'{"data":["\\ud800"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"data":' * 2000,
    b"nonsense",
]


@pytest.mark.parametrize("body", NO_LISTS, ids=range(len(NO_LISTS)))
def test_a_body_that_is_no_list_of_entries_is_refused(buyer: Buyer, body: bytes) -> None:
    assert refusal(buyer.send("PATCH", "", body), 400, "validation", "malformed-body") == []
