"""What a schema says of a set of attributes: every wrong one is named, none is silently dropped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from customers.models.attribute_value import NormalizedValue, WrongTypeError, normalize
from customers.models.customer_field import CustomerField


@dataclass(frozen=True)
class CheckedAttributes:
    """Attributes in their kept forms, those to clear, and a sentence for each that was refused."""

    kept: dict[str, NormalizedValue] = field(default_factory=dict)
    cleared: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def check_attributes(schema: Iterable[CustomerField], attributes: Mapping[str, object]) -> CheckedAttributes:
    """Check attributes against a schema; None clears, except where the field is required."""
    by_name = {customer_field.name: customer_field for customer_field in schema}
    checked = CheckedAttributes()
    for name, value in attributes.items():
        if name not in by_name:
            checked.refused[name] = "The schema has no such field."
        elif value is not None:
            try:
                checked.kept[name] = normalize(by_name[name].type, value)
            except WrongTypeError as error:
                checked.refused[name] = str(error)
        elif by_name[name].required:
            checked.refused[name] = "This field is required."
        else:
            checked.cleared.append(name)
    return checked
