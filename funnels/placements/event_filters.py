"""The filter of a business event's binding: the targeting language over the customer and the event's context."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from campaigns.targeting import Condition, CustomerFacts, parse_targets
from customers.errors import DomainError
from customers.field_values.normalized import NormalizedValue

# `context.amount` on the wire is a field `context-amount` beside the customer's own.
PREFIX_ON_THE_WIRE, INTERNAL_PREFIX = "context.", "context-"


def check_filter(targets: object, schema: Mapping[str, str]) -> list[dict[str, object]]:
    """The normalized filter: targets whose attribute begins with `context.` ask for the event's context.

    A context field's type is that of the values: a number, a boolean or else a string. DomainError `validation`.
    """
    inside, types = _with_internal_names(targets)
    conditions = parse_targets(inside, {**schema, **types})
    # They are a list of objects: else they would not have been parsed.
    written: list[dict[str, object]] = targets  # type: ignore[assignment]  # parsed above
    return [_as_written(condition, target) for condition, target in zip(conditions, written, strict=True)]


def parse_filter(targets: object, schema: Mapping[str, str]) -> tuple[Condition, ...] | None:
    """A normalized filter as conditions; None where the schema no longer has a field that it names."""
    try:
        inside, types = _with_internal_names(targets)
        return parse_targets(inside, {**schema, **types})
    except DomainError:
        return None


def with_context(facts: CustomerFacts, context: Mapping[str, object]) -> CustomerFacts:
    """What targeting may ask, with the context's scalar members under their internal names."""
    scalars = {
        INTERNAL_PREFIX + name: _attribute_value(value)
        for name, value in context.items()
        if not isinstance(value, list | dict)
    }
    return replace(facts, attributes={**facts.attributes, **scalars}) if scalars else facts


def _with_internal_names(targets: object) -> tuple[object, dict[str, str]]:
    if not isinstance(targets, list):
        return targets, {}
    renamed: list[object] = []
    types: dict[str, str] = {}
    for target in targets:
        attribute = target.get("attribute") if isinstance(target, dict) else None
        if isinstance(attribute, str) and attribute.startswith(PREFIX_ON_THE_WIRE):
            name = INTERNAL_PREFIX + attribute.removeprefix(PREFIX_ON_THE_WIRE)
            types[name] = _type_of(target.get("values"))
            renamed.append({**target, "attribute": name, "values": _decimals(target.get("values"), types[name])})
        else:
            renamed.append(target)
    return renamed, types


def _type_of(values: object) -> str:
    several: Sequence[object] = values if isinstance(values, list) and values else [""]
    if all(isinstance(value, bool) for value in several):
        return "boolean"
    numbers = all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in several)
    return "decimal" if numbers else "string"


def _decimals(values: object, field_type: str) -> object:
    return [str(value) for value in values] if field_type == "decimal" and isinstance(values, list) else values


def _as_written(condition: Condition, target: dict[str, object]) -> dict[str, object]:
    """The normalized target; values of the context stay as they came, since their type is read from them."""
    normalized = condition.as_target()
    if not condition.attribute.startswith(INTERNAL_PREFIX):
        return normalized
    return {**normalized, "attribute": target["attribute"], "values": target.get("values") or []}


def _attribute_value(value: object) -> NormalizedValue | None:
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)), "f")
    return value if value is None or isinstance(value, str | int) else str(value)
