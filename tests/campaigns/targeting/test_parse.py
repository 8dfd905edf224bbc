"""What is refused, in which words, and what a target looks like once it is kept."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.targeting import Condition, CustomerFacts, compile_predicate, parse_event_targets, parse_targets
from campaigns.targeting.target_operator import OPERATORS
from customers.errors import DomainError, ErrorKind
from tests.campaigns.targeting.population import SCHEMA
from tests.campaigns.targeting.strategies import targets

SAMPLES: dict[str, Any] = {
    "state": "CA",
    "age": 30,
    "spent": "1.5",
    "vip": True,
    "born": "1990-02-28",
    "seen": "2020-08-12T17:45:48Z",
    "tag": "gold",
    "points": 10,
    "platform": "web",
    "language": "en",
    "channel": "push",
}
STRINGS = {"state", "platform", "language", "channel"}


def target(attribute: Any, operator: Any, *values: Any) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": list(values)}


def parse_one(raw: object) -> Condition:
    (condition,) = parse_targets([raw], SCHEMA)
    return condition


def refusals(raw: object) -> list[str]:
    with pytest.raises(DomainError) as raised:
        parse_targets(raw, SCHEMA)
    assert (raised.value.kind, raised.value.code) == (ErrorKind.INVALID, "validation")
    assert set(raised.value.fields) == {"targets"}
    return raised.value.fields["targets"]


def is_allowed(attribute: str, operator: str) -> bool:
    if operator == "contains":
        return attribute in STRINGS
    return operator not in {"gte", "lte", "between"} or attribute not in {"tag", "vip"}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("attribute", SAMPLES)
def test_every_operator_takes_or_refuses_every_type(attribute: str, operator: str) -> None:
    count = {"exists": 0, "not_exists": 0, "between": 2}.get(operator, 1)
    raw = target(attribute, operator, *[SAMPLES[attribute]] * count)
    if is_allowed(attribute, operator):
        condition = parse_one(raw)
        assert (condition.attribute, condition.operator, len(condition.values)) == (attribute, operator, count)
    else:
        (sentence,) = refusals([raw])
        assert sentence.startswith(f"targets[0]: operator '{operator}' has no meaning for attribute '{attribute}'")


@pytest.mark.parametrize("attribute", SAMPLES)
@pytest.mark.parametrize(
    "value",
    [None, [], {}, float("nan"), "a\x00", "\ud800", 10**5000],
    ids=["null", "list", "object", "nan", "nul", "surrogate", "huge"],
)
def test_no_type_takes_these_values(attribute: str, value: object) -> None:
    (sentence,) = refusals([target(attribute, "in", SAMPLES[attribute], value)])
    assert sentence.startswith("targets[0]: values[1]: ")


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("state", 1, "a string of at most 4096 characters is expected."),
        ("age", "30", "an integer of at most 64 bits is expected."),
        ("age", True, "an integer of at most 64 bits is expected."),
        ("age", 2**63, "an integer of at most 64 bits is expected."),
        ("spent", "much", "a decimal of at most 30 digits is expected."),
        ("vip", "true", "true or false is expected."),
        ("born", "12.8.2020", "a date such as 2020-08-12 is expected."),
        ("born", "2020-02-30", "a date such as 2020-08-12 is expected."),
        ("seen", "2020-08-12T17:45:48", "a date and time with its offset, such as 2020-08-12T17:45:48Z, is expected."),
        ("tag", 1, "a string of at most 4096 characters is expected."),
        ("points", 1.5, "an integer of at most 64 bits is expected."),
        ("platform", False, "a string of at most 4096 characters is expected."),
    ],
)
def test_a_value_of_a_wrong_type_is_refused(attribute: str, value: object, expected: str) -> None:
    assert refusals([target(attribute, "in", value)]) == [f"targets[0]: values[0]: {expected}"]


def test_every_offending_target_is_named_at_once() -> None:
    sentences = refusals(
        [
            target("state", "in", "CA"),
            target("age", "gte", "old"),
            target("stat", "in", "CA"),
            {"attribute": "stat", "operator": "like", "values": [], "negate": True},
            "state",
        ]
    )
    assert sentences == [
        "targets[1]: values[0]: an integer of at most 64 bits is expected.",
        "targets[2]: attribute 'stat' is unknown.",
        "targets[3]: unknown members: 'negate'.",
        "targets[3]: attribute 'stat' is unknown.",
        "targets[3]: operator 'like' is unknown.",
        "targets[4]: an object of attribute, operator and values is expected.",
    ]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({}, "targets[0]: attribute must be a string."),
        ({"attribute": "state", "values": ["CA"]}, "targets[0]: operator must be a string."),
        ({"attribute": "state", "operator": "in"}, "targets[0]: operator 'in' takes at least one value."),
        ({"attribute": "state", "operator": "in", "values": "CA"}, "targets[0]: values must be a list."),
        ({"attribute": "state", "operator": "in", "values": {"CA": 1}}, "targets[0]: values must be a list."),
        (target(["state"], "in", "CA"), "targets[0]: attribute must be a string."),
        (target("state", ["in"], "CA"), "targets[0]: operator must be a string."),
        (target("id", "in", "CA"), "targets[0]: attribute 'id' is unknown."),
        (target("a'b\ud800\n", "in", "CA"), 'targets[0]: attribute "a\'b\\ud800\\n" is unknown.'),
        (target("state", "exists", "CA"), "targets[0]: operator 'exists' takes no values."),
        (target("state", "not_exists", "CA"), "targets[0]: operator 'not_exists' takes no values."),
        (target("age", "between", 1), "targets[0]: operator 'between' takes exactly two values."),
        (target("age", "between", 1, 2, 3), "targets[0]: operator 'between' takes exactly two values."),
        (target("age", "between", 10, 9), "targets[0]: the first value of 'between' is above the second."),
        (target("spent", "between", "10", "9.5"), "targets[0]: the first value of 'between' is above the second."),
        (target("state", "between", "b", "a"), "targets[0]: the first value of 'between' is above the second."),
        (target("age", "in", *range(1001)), "targets[0]: at most 1000 values are allowed."),
        (
            target("age", "in", *"abcdefgh"),
            (
                "targets[0]: values[0], values[1], values[2], values[3], values[4] and 3 more: "
                "an integer of at most 64 bits is expected."
            ),
        ),
    ],
)
def test_a_malformed_target_is_refused_in_one_sentence(raw: dict[str, Any], sentence: str) -> None:
    assert sentence in refusals([raw])


@pytest.mark.parametrize("raw", [None, "targets", 1, True, {}, {"attribute": "state"}, ()])
def test_targets_are_a_list(raw: object) -> None:
    assert refusals(raw) == ["targets must be a list."]


def test_at_most_a_hundred_targets() -> None:
    one = target("state", "exists")
    assert len(parse_targets([one] * 100, SCHEMA)) == 100
    assert refusals([one] * 101) == ["at most 100 targets are allowed."]


def test_at_most_a_thousand_values() -> None:
    assert len(parse_one(target("age", "in", *range(1000))).values) == 1000


def test_no_targets_no_conditions() -> None:
    assert parse_targets([], SCHEMA) == ()


def test_values_are_kept_in_order_without_duplicates() -> None:
    assert parse_one(target("spent", "in", "1.50", 2, 1.5, "2.0", "-0")).values == ("1.5", "2", "0")
    assert parse_one(target("seen", "gte", "2020-08-12T19:45:48+02:00", "2020-08-12T17:45:48Z")).values == (
        "2020-08-12T17:45:48.000000Z",
    )


def test_a_range_may_be_one_value() -> None:
    assert parse_one(target("age", "between", 5, 5)).values == (5, 5)
    assert parse_one(target("spent", "between", "1.5", "1.50")).values == ("1.5", "1.5")
    assert parse_one(target("spent", "between", "9.5", "10")).values == ("9.5", "10")


def test_presence_operators_accept_only_an_absent_or_empty_list() -> None:
    without: list[dict[str, Any]] = [{}, {"values": []}, {"values": None}]
    for values in without:
        raw = {"attribute": "state", "operator": "exists", **values}
        assert parse_one(raw).as_target() == target("state", "exists")


def test_built_in_attributes_take_precedence_over_the_schema() -> None:
    (condition,) = parse_targets([target("points", "gte", 5)], {"points": "string"})
    assert condition.values == (5,)


def test_a_name_that_no_field_can_have_is_unknown() -> None:
    with pytest.raises(DomainError):
        parse_targets([target("a'b", "in", "CA")], {"a'b": "string"})


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.lists(targets(), max_size=5))
def test_what_is_read_back_parses_to_the_same(raw: list[dict[str, Any]]) -> None:
    conditions = parse_targets(raw, SCHEMA)
    assert parse_targets([condition.as_target() for condition in conditions], SCHEMA) == conditions


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["\x00", "\ud800", "1e999999999", "NaN", "sNaN", "-Infinity", "0001-01-01T00:00:00+14:00"])
    | st.sampled_from([4000, 5000]).map(lambda digits: 10**digits)  # the latter has no text in Python
    | st.sampled_from([-(10**40), 1e300, "9" * 5000, "2020-08-12", "9999-12-31T23:59:59-14:00", "x" * 5000]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
NEARLY_TARGETS = st.fixed_dictionaries(
    {},
    optional={
        "attribute": st.sampled_from([*SAMPLES, *SCHEMA, "id", ""]) | ANYTHING,
        "operator": st.sampled_from(OPERATORS) | ANYTHING,
        "values": st.lists(ANYTHING | st.sampled_from(list(SAMPLES.values())), max_size=4) | ANYTHING,
        "unknown": ANYTHING,
    },
)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.lists(NEARLY_TARGETS | ANYTHING, max_size=4) | ANYTHING)
def test_arbitrary_json_raises_only_domain_errors(raw: object) -> None:
    sentences: list[str] | None = None
    try:
        conditions = parse_targets(raw, SCHEMA)
    except DomainError as error:
        sentences = error.fields["targets"]
    if sentences is None:
        assert isinstance(raw, list)
        assert len(conditions) == len(raw)
    else:
        assert sentences
        assert all(sentence.isascii() for sentence in sentences)


@pytest.mark.parametrize(
    ("operator", "values", "meets", "fails"),
    [
        ("gte", [10], [10, 10.5, "10"], [9, True, None, "x"]),
        ("between", [0.5, 1.5], [1, "0.50"], [2]),
        ("in", [True], [True], [False, 1, "yes"]),
        ("in", ["7", "8"], ["7", 7], ["9", None]),
        ("contains", ["oo"], ["boots"], ["shoes"]),
        ("exists", [], ["", 0], [None]),
    ],
)
def test_an_event_s_attribute_is_of_the_type_of_its_values(
    operator: str, values: list[object], meets: list[Any], fails: list[Any]
) -> None:
    """Words of the language (`points`) are names like any other here."""
    conditions = parse_event_targets([{"attribute": "points", "operator": operator, "values": values}])
    test = compile_predicate(conditions)
    for value, expected in [(value, True) for value in meets] + [(value, False) for value in fails]:
        assert test(CustomerFacts({"points": value}, frozenset(), 10, "", "", "")) is expected, value


@pytest.mark.parametrize("target", [{}, {"attribute": ""}, {"attribute": "a" * 256}, {"attribute": "a\x00"}, 7])
def test_a_target_that_no_event_can_meet_is_refused(target: object) -> None:
    with pytest.raises(DomainError):
        parse_event_targets([target])
