"""The filter of a business event's binding: the targeting language over the customer and the event's context."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from campaigns.targeting import Condition, CustomerFacts, parse_targets
from customers.errors import DomainError
from customers.models.attribute_value import NormalizedValue

# A caller writes `context.amount`; inside, it is a field of this name beside the customer's own.
WRITTEN, INSIDE = "context.", "context-"


def check_filter(targets: object, schema: Mapping[str, str]) -> list[dict[str, object]]:
    """The filter as it is kept: targets whose attribute begins with `context.` ask for the event's context.

    A context field's type is that of the values: a number, a boolean or else a string. DomainError `validation`.
    """
    inside, types = _inside(targets)
    conditions = parse_targets(inside, {**schema, **types})
    # They are a list of objects: else they would not have been parsed.
    written: list[dict[str, object]] = targets  # type: ignore[assignment]
    return [_as_written(condition, target) for condition, target in zip(conditions, written, strict=True)]


def parse_filter(targets: object, schema: Mapping[str, str]) -> tuple[Condition, ...] | None:
    """A kept filter as conditions; None where the schema no longer has what it names."""
    try:
        inside, types = _inside(targets)
        return parse_targets(inside, {**schema, **types})
    except DomainError:
        return None


def with_context(facts: CustomerFacts, context: Mapping[str, object]) -> CustomerFacts:
    """What targeting may ask, with the context's plain members under their inside names."""
    told = {INSIDE + name: _kept(value) for name, value in context.items() if not isinstance(value, list | dict)}
    return replace(facts, attributes={**facts.attributes, **told}) if told else facts


def _inside(targets: object) -> tuple[object, dict[str, str]]:
    if not isinstance(targets, list):
        return targets, {}
    renamed: list[object] = []
    types: dict[str, str] = {}
    for target in targets:
        attribute = target.get("attribute") if isinstance(target, dict) else None
        if isinstance(attribute, str) and attribute.startswith(WRITTEN):
            name = INSIDE + attribute.removeprefix(WRITTEN)
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
    """The kept form; of the context the values as they came, so that their type can be seen again."""
    kept = condition.as_target()
    if not condition.attribute.startswith(INSIDE):
        return kept
    return {**kept, "attribute": target["attribute"], "values": target.get("values") or []}


def _kept(value: object) -> NormalizedValue | None:
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)), "f")
    return value if value is None or isinstance(value, str | int) else str(value)
