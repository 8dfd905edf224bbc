"""Values that a customer gave in a data capture step, checked against what the step asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from customers.field_values.field_type import FieldType
from customers.field_values.normalized import NormalizedValue, WrongTypeError, normalize_input
from customers.mail_address import is_mail_address
from funnels.funnels.engine.step import CaptureField, ControlType

TELEPHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,30}", re.ASCII)
REQUIRED = "This field is required."


@dataclass(frozen=True)
class CheckedValues:
    """Normalized values, the names of those that were cleared, and an error message for each refused one."""

    normalized: dict[str, NormalizedValue] = field(default_factory=dict)
    cleared: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def check_values(fields: tuple[CaptureField, ...], values: Mapping[str, object]) -> CheckedValues:
    """Check every value and name every wrong, missing or unknown one.

    Null and empty text are no value: refused for a required field, and they clear another one. A field that is not
    required may be left out. Numbers and booleans may come as text, as forms send them.
    """
    checked = CheckedValues()
    names = {each.name for each in fields}
    for name in values:
        if name not in names:
            checked.refused[name] = "This step doesn't ask for it."
    for each in fields:
        value = values.get(each.name)
        if value is None or value == "":
            if each.required:
                checked.refused[each.name] = REQUIRED
            elif each.name in values:
                checked.cleared.append(each.name)
            continue
        try:
            checked.normalized[each.name] = _checked(each, value)
        except WrongTypeError as error:
            checked.refused[each.name] = str(error)
    return checked


def _checked(asked: CaptureField, value: object) -> NormalizedValue:
    normalized = normalize_input(asked.type, value)
    if asked.options and normalized not in [option.value for option in asked.options]:
        raise WrongTypeError("One of the options is expected.")
    if isinstance(normalized, str) and asked.type is FieldType.STRING:
        _check_text(asked, normalized)
    elif asked.type in {FieldType.INTEGER, FieldType.DECIMAL}:
        _check_size(asked, Decimal(normalized))
    return normalized


def _check_text(asked: CaptureField, text: str) -> None:
    if asked.control_type is ControlType.EMAIL and not is_mail_address(text):
        raise WrongTypeError("An email address is expected.")
    if asked.control_type is ControlType.TEL and not TELEPHONE.fullmatch(text):
        raise WrongTypeError("A telephone number is expected.")
    if asked.minimum_length is not None and len(text) < asked.minimum_length:
        raise WrongTypeError(f"At least {asked.minimum_length} characters are expected.")
    if asked.maximum_length is not None and len(text) > asked.maximum_length:
        raise WrongTypeError(f"At most {asked.maximum_length} characters are expected.")


def _check_size(asked: CaptureField, number: Decimal) -> None:
    if asked.minimum is not None and number < Decimal(str(asked.minimum)):
        raise WrongTypeError(f"At least {asked.minimum} is expected.")
    if asked.maximum is not None and number > Decimal(str(asked.maximum)):
        raise WrongTypeError(f"At most {asked.maximum} is expected.")
