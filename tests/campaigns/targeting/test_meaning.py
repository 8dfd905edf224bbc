"""What each operator means for each type, by example, in both compilers."""

from typing import Any

import pytest

from campaigns.targeting import CustomerFacts, compile_predicate, parse_targets
from tests.campaigns.targeting.population import SCHEMA, ask, facts, populate

NOBODY = facts()
CLEARED = facts(attributes=dict.fromkeys(SCHEMA))
SOMEBODY = facts(
    attributes={
        "state": "CA",
        "nick-Name_2": "50%_off \\o/ 'é'",
        "age": 30,
        "spent": "1.5",
        "vip": False,
        "born": "1990-02-28",
        "seen": "2020-08-12T17:45:48.000000Z",
    },
    tags=["gold", "early bird"],
    points=-5,
    platform="web",
    language="en",
)
TRUE_OF_SOMEBODY: list[tuple[Any, ...]] = [
    ("state", "in", "NY", "CA"),
    ("state", "not_in", "NY", "ca", ""),
    ("state", "gte", "D", "CA"),
    ("state", "lte", "B", "Ca"),
    ("state", "between", "C", "CB"),
    ("state", "contains", "x", "A"),
    ("state", "contains", ""),
    ("state", "exists"),
    ("nick-Name_2", "contains", "%_"),
    ("nick-Name_2", "contains", "\\o"),
    ("nick-Name_2", "contains", "'é'"),
    ("age", "in", 29, 30),
    ("age", "not_in", 29),
    ("age", "gte", 100, 30),
    ("age", "lte", 9, 30),
    ("age", "between", 4, 200),
    ("age", "exists"),
    ("spent", "in", "1.50"),
    ("spent", "not_in", "1.51"),
    ("spent", "gte", "1.499"),
    ("spent", "lte", 10),
    ("spent", "between", "1.50", "1.5"),
    ("spent", "exists"),
    ("vip", "in", False),
    ("vip", "not_in", True),
    ("vip", "exists"),
    ("born", "in", "1990-02-28"),
    ("born", "not_in", "1990-02-27"),
    ("born", "gte", "1989-12-31"),
    ("born", "lte", "1990-02-28"),
    ("born", "between", "1990-02-01", "1990-03-01"),
    ("seen", "in", "2020-08-12T19:45:48+02:00"),
    ("seen", "gte", "2020-08-12T17:45:48Z"),
    ("seen", "lte", "2020-08-12T17:45:48.000001Z"),
    ("seen", "between", "2020-08-12T00:00:00Z", "2020-08-13T00:00:00Z"),
    ("tag", "in", "silver", "gold"),
    ("tag", "not_in", "silver", "gol", "Gold"),
    ("tag", "exists"),
    ("points", "in", -5),
    ("points", "not_in", 5),
    ("points", "gte", -5),
    ("points", "lte", 0),
    ("points", "between", -10, -1),
    ("points", "exists"),
    ("platform", "in", "web"),
    ("platform", "not_in", "ios"),
    ("platform", "contains", "e"),
    ("language", "gte", "de"),
    ("language", "exists"),
    ("channel", "not_exists"),
    ("channel", "not_in", "", "push"),
]
FALSE_OF_SOMEBODY: list[tuple[Any, ...]] = [
    ("state", "in", "NY", "ca", "C"),
    ("state", "not_in", "NY", "CA"),
    ("state", "gte", "CB", "a"),
    ("state", "lte", "C", "BZ"),
    ("state", "between", "CB", "CZ"),
    ("state", "contains", "a", "CAL"),
    ("state", "not_exists"),
    ("nick-Name_2", "contains", "5_%", "\\\\", "e\u0301"),
    ("age", "in", 3, 300),
    ("age", "not_in", 30),
    ("age", "gte", 31),
    ("age", "lte", 29, 9),
    ("age", "between", 31, 40),
    ("spent", "not_in", "1.50"),
    ("spent", "gte", "1.51", "10"),
    ("vip", "in", True),
    ("vip", "not_in", True, False),
    ("born", "lte", "1990-02-27"),
    ("seen", "in", "2020-08-12T17:45:48+02:00"),
    ("tag", "in", "silver", "gol", "early"),
    ("tag", "not_in", "silver", "gold"),
    ("tag", "not_exists"),
    ("points", "gte", 0),
    ("points", "not_exists"),
    ("channel", "in", "", "push"),
    ("channel", "gte", ""),
    ("channel", "lte", "z"),
    ("channel", "between", "", "z"),
    ("channel", "contains", ""),
    ("channel", "exists"),
]


def target_of(attribute: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": list(values)}


@pytest.mark.parametrize("case", TRUE_OF_SOMEBODY, ids=str)
def test_conditions_that_match_the_sample_customer(case: tuple[Any, ...]) -> None:
    assert compile_predicate(parse_targets([target_of(*case)], SCHEMA))(SOMEBODY) is True


@pytest.mark.parametrize("case", FALSE_OF_SOMEBODY, ids=str)
def test_conditions_that_do_not_match_the_sample_customer(case: tuple[Any, ...]) -> None:
    assert compile_predicate(parse_targets([target_of(*case)], SCHEMA))(SOMEBODY) is False


@pytest.mark.parametrize("customer", [NOBODY, CLEARED], ids=["missing", "null"])
@pytest.mark.parametrize("case", TRUE_OF_SOMEBODY + FALSE_OF_SOMEBODY, ids=str)
def test_the_absent_fails_all_but_the_negative_operators(case: tuple[Any, ...], customer: CustomerFacts) -> None:
    attribute, operator, *_ = case
    if attribute != "points":
        expected = operator in {"not_in", "not_exists"}
        assert compile_predicate(parse_targets([target_of(*case)], SCHEMA))(customer) is expected


@pytest.mark.parametrize("empty", [{"attributes": {"state": ""}}, {"tags": [""]}])
def test_an_empty_attribute_and_an_empty_tag_are_there(empty: dict[str, Any]) -> None:
    attribute = "tag" if "tags" in empty else "state"
    predicate = compile_predicate(parse_targets([target_of(attribute, "exists")], SCHEMA))
    assert predicate(facts(**empty)) is True


def test_targets_are_joined_by_and() -> None:
    both = parse_targets([target_of("state", "in", "CA"), target_of("age", "gte", 31)], SCHEMA)
    assert [compile_predicate([condition])(SOMEBODY) for condition in both] == [True, False]
    assert compile_predicate(both)(SOMEBODY) is False


def test_without_targets_everybody_matches() -> None:
    assert compile_predicate([])(NOBODY) is True


@pytest.mark.django_db
def test_sql_agrees_with_every_example() -> None:
    people = [SOMEBODY, NOBODY, CLEARED]
    ids = populate(people)
    conditions = parse_targets([target_of(*case) for case in TRUE_OF_SOMEBODY + FALSE_OF_SOMEBODY], SCHEMA)
    expected = [[compile_predicate([condition])(person) for condition in conditions] for person in people]
    assert [answers[:-1] for answers in ask(ids, conditions)] == expected
