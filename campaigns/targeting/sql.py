"""Conditions as one boolean SQL expression over the customers: what an audience is built from, set by set.

The meaning is that of `campaigns.targeting.predicate`, customer by customer; a property test holds the two together.

Three habits keep it so. Every expression is true or false, never NULL: each comparison stands beside a test that there
is something to compare, and `not_in` is the negation of both. (COALESCE or IS TRUE would do that too, but no index
serves a comparison inside them.) Every parameter is cast, so that server-side binding never guesses a type. And no
expression can fail: the table is shared by organizations, one's integer is the other's text, and PostgreSQL may
evaluate conditions in any order, so a number is cast only after its text was seen to be one.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from campaigns.targeting.condition import VISIT_ATTRIBUTES, Condition, Source
from campaigns.targeting.target_operator import TargetOperator
from customers.field_values.sql import NUMBERS, PREFIX, number_expression, prefix_expression, text_expression

ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
LIKE_SPECIAL = re.compile(r"[\\%_]")

Parameters = list[Any]
Fragment = tuple[str, Parameters]
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Operand:
    """The SQL of a customer's value, its type as parameters are cast to, and the test that there is a value at all."""

    value: str
    type: str
    present: str

    @property
    def ordered(self) -> str:
        """The value where it is compared by order: text by code point, as Python compares it."""
        return f'{self.value} COLLATE "C"' if self.type == "text" else self.value


def compile_sql(conditions: Iterable[Condition], alias: str = "customers_customer") -> Fragment:
    """A boolean expression over the customers table under `alias`, and its parameters for psycopg's `%s`.

    It is in parentheses, never NULL, and `TRUE` where there is no condition. ValueError for an alias that is no plain
    identifier.
    """
    if not ALIAS.fullmatch(alias):
        raise ValueError(f"{alias!r} is no plain identifier.")
    fragments = [_compile(condition, alias) for condition in conditions]
    expression = " AND ".join(sql for sql, _ in fragments) or "TRUE"
    if len(fragments) > 1:
        expression = f"({expression})"
    return expression, [parameter for _, parameters in fragments for parameter in parameters]


def _compile(condition: Condition, alias: str) -> Fragment:
    if condition.source is Source.TAG:
        return _compile_tag(condition, f"{alias}.tags")
    operand = _operand(condition, alias)
    if condition.operator is TargetOperator.EXISTS:
        return f"({_presence(condition, alias)})", []
    if condition.operator is TargetOperator.NOT_EXISTS:
        return f"(NOT ({_presence(condition, alias)}))", []
    comparison, parameters = COMPARISONS[condition.operator](operand, condition.comparables)
    both = f"({operand.present} AND {comparison})"
    return f"(NOT {both})" if condition.operator is TargetOperator.NOT_IN else both, parameters


def _compile_tag(condition: Condition, tags: str) -> Fragment:
    """Cast to the column's own type: under any other, the index on tags would not serve."""
    values: Parameters = [list(condition.values)]
    if condition.operator is TargetOperator.IN:
        return f"({tags} && %s::varchar[])", values
    if condition.operator is TargetOperator.NOT_IN:
        return f"(NOT ({tags} && %s::varchar[]))", values
    sign = "<>" if condition.operator is TargetOperator.EXISTS else "="
    return f"({tags} {sign} '{{}}'::varchar[])", []


def _operand(condition: Condition, alias: str) -> Operand:
    if condition.source is Source.POINTS:
        return Operand(f"{alias}.points", "bigint", "TRUE")
    if condition.source is Source.VISIT:
        column = _visit_column(condition.attribute, alias)
        return Operand(column, "text", f"{column} <> ''")
    if condition.type in NUMBERS:
        number = number_expression(condition.attribute, alias)
        return Operand(number, "numeric", f"{number} IS NOT NULL")
    express = prefix_expression if _is_told_by_prefix(condition) else text_expression
    text = express(condition.attribute, alias)
    return Operand(text, "text", f"{text} IS NOT NULL")


def _is_told_by_prefix(condition: Condition) -> bool:
    """Whether the beginning of a text, which is what indexes have, compares as the whole does."""
    if condition.operator is TargetOperator.CONTAINS:
        return False
    return all(len(str(value)) < PREFIX for value in condition.comparables)


def _presence(condition: Condition, alias: str) -> str:
    """Whether there is any value; of a field also one that was stored under another type than the field has now."""
    if condition.source is Source.FIELD and condition.type in NUMBERS:
        return f"{text_expression(condition.attribute, alias)} IS NOT NULL"
    return _operand(condition, alias).present


def _visit_column(name: str, alias: str) -> str:
    if name not in VISIT_ATTRIBUTES:
        raise ValueError(f"{name!r} is nothing a visit says.")
    return f"{alias}.last_{name}"


def _any_of(operand: Operand, values: Values) -> Fragment:
    return f"{operand.value} = ANY(%s::{operand.type}[])", [list(values)]


def _at_least(operand: Operand, values: Values) -> Fragment:
    return f"{operand.ordered} >= %s::{operand.type}", [min(values)]


def _at_most(operand: Operand, values: Values) -> Fragment:
    return f"{operand.ordered} <= %s::{operand.type}", [max(values)]


def _between(operand: Operand, values: Values) -> Fragment:
    return f"{operand.ordered} BETWEEN %s::{operand.type} AND %s::{operand.type}", list(values)


def _contains(operand: Operand, values: Values) -> Fragment:
    """Escaped LIKE: one parameter for any number of parts (strpos would need one each), and trigrams can index it."""
    return f"{operand.value} LIKE ANY(%s::text[])", [[f"%{LIKE_SPECIAL.sub(_escaped, part)}%" for part in values]]


def _escaped(special: re.Match[str]) -> str:
    return f"\\{special[0]}"


COMPARISONS: dict[TargetOperator, Callable[[Operand, Values], Fragment]] = {
    TargetOperator.IN: _any_of,
    TargetOperator.NOT_IN: _any_of,
    TargetOperator.GTE: _at_least,
    TargetOperator.LTE: _at_most,
    TargetOperator.BETWEEN: _between,
    TargetOperator.CONTAINS: _contains,
}
