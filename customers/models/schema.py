"""Checks attributes against a schema: every wrong one is named, none is silently dropped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from customers.field_values.normalized import NormalizedValue, WrongTypeError, normalize_input
from customers.models.customer_field import CustomerField


@dataclass(frozen=True)
class CheckedAttributes:
    """Normalized values, the names to clear, and a sentence for each wrong attribute."""

    values: dict[str, NormalizedValue] = field(default_factory=dict)
    cleared: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def check_attributes(schema: Iterable[CustomerField], attributes: Mapping[str, object]) -> CheckedAttributes:
    """Check attributes against a schema; None clears, except where the field is required."""
    by_name = {customer_field.name: customer_field for customer_field in schema}
    checked = CheckedAttributes()
    for name, value in attributes.items():
        if name not in by_name:
            checked.errors[name] = "The schema has no such field."
        elif value is not None:
            try:
                checked.values[name] = normalize_input(by_name[name].type, value)
            except WrongTypeError as error:
                checked.errors[name] = str(error)
        elif by_name[name].required:
            checked.errors[name] = "This field is required."
        else:
            checked.cleared.append(name)
    return checked
