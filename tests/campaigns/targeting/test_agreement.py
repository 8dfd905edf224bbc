"""Two compilers, one meaning: SQL and the predicate say the same of every customer."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.targeting import Condition, CustomerFacts, compile_predicate, parse_targets
from tests.campaigns.targeting.population import SCHEMA, ask, facts, found, populate
from tests.campaigns.targeting.strategies import DECIMALS, INTEGERS, STRINGS, customers, targets


def assert_agreement(ids: Sequence[int], people: Sequence[CustomerFacts], conditions: Sequence[Condition]) -> None:
    predicates = [compile_predicate([condition]) for condition in conditions] + [compile_predicate(conditions)]
    expected = [[predicate(person) for predicate in predicates] for person in people]
    for person, said, meant in zip(people, ask(ids, conditions), expected, strict=True):
        assert said == meant, (person, conditions)
    meeting = [identifier for identifier, answers in zip(ids, expected, strict=True) if answers[-1]]
    assert found(ids, conditions) == meeting


@pytest.mark.django_db
@settings(
    max_examples=75,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    people=st.lists(customers(), min_size=1, max_size=12),
    lists=st.lists(st.lists(targets(), max_size=4), min_size=1, max_size=4),
)
def test_the_compilers_agree(people: list[CustomerFacts], lists: list[list[dict[str, Any]]]) -> None:
    with transaction.atomic():
        ids = populate(people)
        for raw in lists:
            assert_agreement(ids, people, parse_targets(raw, SCHEMA))
        transaction.set_rollback(True)


def every_target(attribute: str, values: Sequence[Any], *, has_parts: bool = False) -> list[dict[str, Any]]:
    """Every operator with each value, and `between` with each pair in its order."""
    singles = ["in", "not_in", "gte", "lte", *(["contains"] if has_parts else [])]
    raw = [{"attribute": attribute, "operator": name, "values": [value]} for name in singles for value in values]
    raw += [
        {"attribute": attribute, "operator": "between", "values": list(pair)}
        for pair in itertools.combinations_with_replacement(values, 2)
    ]
    return raw + [{"attribute": attribute, "operator": name} for name in ("exists", "not_exists")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("attribute", "values", "has_parts"),
    [
        ("state", sorted(STRINGS), True),
        ("platform", sorted(STRINGS), True),
        ("age", INTEGERS, False),
        ("spent", sorted(DECIMALS, key=float), False),
        ("points", INTEGERS, False),
    ],
)
def test_the_compilers_agree_on_every_awkward_value(attribute: str, values: Sequence[Any], *, has_parts: bool) -> None:
    if attribute in SCHEMA:
        people = [facts(attributes={attribute: value}) for value in (*values, *STRINGS, None, True)] + [facts()]
    else:
        people = [facts(**{attribute: value}) for value in values]
    ids = populate(people)
    raw = every_target(attribute, values, has_parts=has_parts)
    for start in range(0, len(raw), 100):
        assert_agreement(ids, people, parse_targets(raw[start : start + 100], SCHEMA))
