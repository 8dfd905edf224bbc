"""Conditions as a Python predicate over the facts of one customer.

The meaning is that of `campaigns.targeting.sql`, value by value; a property test holds the two together.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from campaigns.targeting.condition import PRESENCE, Condition, Source
from campaigns.targeting.target_operator import TargetOperator
from customers.field_values.field_type import FieldType
from customers.field_values.normalized import NormalizedValue, to_text

PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:[.][0-9]+)?")


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The facts of one customer that targeting compares.

    `attributes` are normalized values, None where the value was cleared; `platform`, `language` and `channel` are the
    visit's, empty if unknown.
    """

    attributes: Mapping[str, NormalizedValue | None]
    tags: frozenset[str]
    points: int
    platform: str
    language: str
    channel: str


Predicate = Callable[[CustomerFacts], bool]
# Values of one type, which a condition and a customer share: they compare with each other.
Values = tuple[Any, ...]
Reader = Callable[[CustomerFacts], Any]


def compile_predicate(conditions: Iterable[Condition]) -> Predicate:
    """A predicate that is true for customers who match every condition; for all if there is none."""
    tests = tuple(_compile(condition) for condition in conditions)
    if len(tests) == 1:
        return tests[0]

    def meets_all(facts: CustomerFacts) -> bool:
        for test in tests:  # noqa: SIM110 - half the time of all() over a generator
            if not test(facts):
                return False
        return True

    return meets_all


def _compile(condition: Condition) -> Predicate:
    if condition.source is Source.TAG:
        return TAG_TESTS[condition.operator](condition)
    return TESTS[condition.operator](_reader(condition), condition.comparables)


def _reader(condition: Condition) -> Reader:
    """How a customer's value is read: comparable with the condition's values, None if it is absent."""
    name = condition.attribute
    if condition.source is Source.POINTS:
        return attrgetter("points")
    if condition.source is Source.VISIT:
        visited = attrgetter(name)
        return lambda facts: visited(facts) or None
    is_number = condition.type in {FieldType.INTEGER, FieldType.DECIMAL}
    return _number_reader(name) if is_number and condition.operator not in PRESENCE else _text_reader(name)


def _text_reader(name: str) -> Reader:
    def read(facts: CustomerFacts) -> str | None:
        value = facts.attributes.get(name)
        return value if value is None or isinstance(value, str) else to_text(value)

    return read


def _number_reader(name: str) -> Reader:
    """Read numbers by value, so that 1.5 and 1.50 are equal; None for what is no number.

    A field's type may have changed since the value was stored: such a value equals nothing and has no order.
    """

    def read(facts: CustomerFacts) -> int | Decimal | None:
        value = facts.attributes.get(name)
        if isinstance(value, str):
            return Decimal(value) if PLAIN_NUMBER.fullmatch(value) else None
        return None if isinstance(value, bool) else value

    return read


def _in(read: Reader, values: Values) -> Predicate:
    wanted = frozenset(values)
    return lambda facts: read(facts) in wanted


def _not_in(read: Reader, values: Values) -> Predicate:
    unwanted = frozenset(values)
    return lambda facts: read(facts) not in unwanted


def _gte(read: Reader, values: Values) -> Predicate:
    low = min(values)

    def is_at_least(facts: CustomerFacts) -> bool:
        value = read(facts)
        return value is not None and bool(value >= low)

    return is_at_least


def _lte(read: Reader, values: Values) -> Predicate:
    high = max(values)

    def is_at_most(facts: CustomerFacts) -> bool:
        value = read(facts)
        return value is not None and bool(value <= high)

    return is_at_most


def _between(read: Reader, values: Values) -> Predicate:
    low, high = values

    def is_between(facts: CustomerFacts) -> bool:
        value = read(facts)
        return value is not None and bool(low <= value <= high)

    return is_between


def _contains(read: Reader, values: Values) -> Predicate:
    def has_part(facts: CustomerFacts) -> bool:
        value = read(facts)
        return value is not None and any(part in value for part in values)

    return has_part


def _exists(read: Reader, _values: Values) -> Predicate:
    return lambda facts: read(facts) is not None


def _not_exists(read: Reader, _values: Values) -> Predicate:
    return lambda facts: read(facts) is None


def _tag_in(condition: Condition) -> Predicate:
    wanted = frozenset(map(to_text, condition.values))
    return lambda facts: not wanted.isdisjoint(facts.tags)


def _tag_not_in(condition: Condition) -> Predicate:
    unwanted = frozenset(map(to_text, condition.values))
    return lambda facts: unwanted.isdisjoint(facts.tags)


def _tag_exists(_condition: Condition) -> Predicate:
    return lambda facts: bool(facts.tags)


def _tag_not_exists(_condition: Condition) -> Predicate:
    return lambda facts: not facts.tags


TESTS: dict[TargetOperator, Callable[[Reader, Values], Predicate]] = {
    TargetOperator.IN: _in,
    TargetOperator.NOT_IN: _not_in,
    TargetOperator.GTE: _gte,
    TargetOperator.LTE: _lte,
    TargetOperator.BETWEEN: _between,
    TargetOperator.CONTAINS: _contains,
    TargetOperator.EXISTS: _exists,
    TargetOperator.NOT_EXISTS: _not_exists,
}
TAG_TESTS: dict[TargetOperator, Callable[[Condition], Predicate]] = {
    TargetOperator.IN: _tag_in,
    TargetOperator.NOT_IN: _tag_not_in,
    TargetOperator.EXISTS: _tag_exists,
    TargetOperator.NOT_EXISTS: _tag_not_exists,
}
