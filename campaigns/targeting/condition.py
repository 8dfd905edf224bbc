"""Conditions: checked targets, in the form that both compilers read."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from campaigns.targeting.target_operator import TargetOperator
from customers.field_values.field_type import FieldType
from customers.field_values.normalized import NormalizedValue, to_text
from customers.field_values.sql import FIELD_NAME

VISIT_ATTRIBUTES = frozenset({"platform", "language", "channel"})

MEMBERSHIP = frozenset(
    {TargetOperator.IN, TargetOperator.NOT_IN, TargetOperator.EXISTS, TargetOperator.NOT_EXISTS},
)
ORDERING = frozenset({TargetOperator.GTE, TargetOperator.LTE, TargetOperator.BETWEEN})
PRESENCE = frozenset({TargetOperator.EXISTS, TargetOperator.NOT_EXISTS})

Comparable = str | int | Decimal


class Source(StrEnum):
    """Where a customer's value is: in the attributes, the tags, the points or the (last) visit."""

    FIELD = "field"
    TAG = "tag"
    POINTS = "points"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class TargetedAttribute:
    """The attribute that a target is about; `type` is that of a single value (a tag is a string)."""

    attribute: str
    source: Source
    type: FieldType

    @property
    def operators(self) -> frozenset[TargetOperator]:
        """The operators that apply: sets and booleans have no order, only strings have parts."""
        if self.source is Source.TAG or self.type is FieldType.BOOLEAN:
            return MEMBERSHIP
        if self.type is FieldType.STRING:
            return MEMBERSHIP | ORDERING | {TargetOperator.CONTAINS}
        return MEMBERSHIP | ORDERING


def find_attribute(attribute: str, schema: Mapping[str, str]) -> TargetedAttribute | None:
    """Find the attribute of this name; None if it is neither built in nor a field of the schema."""
    if attribute == "tag":
        return TargetedAttribute(attribute, Source.TAG, FieldType.STRING)
    if attribute == "points":
        return TargetedAttribute(attribute, Source.POINTS, FieldType.INTEGER)
    if attribute in VISIT_ATTRIBUTES:
        return TargetedAttribute(attribute, Source.VISIT, FieldType.STRING)
    if attribute in schema and FIELD_NAME.fullmatch(attribute):
        return TargetedAttribute(attribute, Source.FIELD, FieldType(schema[attribute]))
    return None


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked target: `parse_targets` is the only maker, so the operator fits the type and the values are
    normalized.

    `values` are in the caller's order without duplicates; exactly low and high for `between`, none for `exists` and
    `not_exists`.
    """

    attribute: str
    source: Source
    type: FieldType
    operator: TargetOperator
    values: tuple[NormalizedValue, ...]

    def as_target(self) -> dict[str, object]:
        """`{attribute, operator, values}` as JSON for storing and reading back; it parses to an equal condition.

        Values are normalized: strings, integers and booleans as themselves; a decimal is a string of plain
        digits, a date and an instant are strings (see `customers.field_values.normalized`).
        """
        return {"attribute": self.attribute, "operator": self.operator.value, "values": list(self.values)}

    @property
    def comparables(self) -> tuple[Comparable, ...]:
        """The values as they are compared, see `comparable`."""
        return tuple(comparable(self.type, value) for value in self.values)


def comparable(field_type: FieldType, value: NormalizedValue) -> Comparable:
    """Turn a normalized value into what both compilers compare: numbers by size, all else by its text in JSON."""
    if field_type is FieldType.INTEGER:
        return int(value)
    if field_type is FieldType.DECIMAL:
        return Decimal(value)
    return to_text(value)
