"""The fields of a data capture step, checked against the customer schema."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from customers.field_values.field_type import FieldType
from customers.field_values.normalized import MAXIMUM_STRING, WrongTypeError, normalize_input
from funnels.funnels.engine.members import RefusedStepError, boolean, items, known_members, text
from funnels.funnels.engine.step import CaptureField, ControlType, Option

MAXIMUM_LABEL = 255
MAXIMUM_OPTIONS = 200
NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
CHOICES = frozenset({ControlType.SELECT, ControlType.RADIO})
# Controls that can only give values of certain types; the others take what the schema's type takes.
TYPES_OF = {
    ControlType.EMAIL: frozenset({FieldType.STRING}),
    ControlType.TEL: frozenset({FieldType.STRING}),
    ControlType.TEXTAREA: frozenset({FieldType.STRING}),
    ControlType.NUMBER: NUMBERS,
    ControlType.DATE: frozenset({FieldType.DATE}),
    ControlType.CHECKBOX: frozenset({FieldType.BOOLEAN}),
}
LENGTHS, SIZES = ("minimum_length", "maximum_length"), ("minimum", "maximum")
MEMBERS = ("label", "name", "control_type", "validation", "options")


def parse_field(raw: object, schema: Mapping[str, str]) -> CaptureField:
    """`{label, name, control_type, validation, options}`; RefusedStepError with all that is wrong.

    `validation` may say `required` (default true), `minimum` and `maximum` of numbers, `minimum_length` and
    `maximum_length` of texts; `options` are `[{label, value}]` of a select or radio.
    """
    if not isinstance(raw, dict):
        raise RefusedStepError(["an object is expected."])
    problems: list[str] = []
    known_members(raw, MEMBERS, problems)
    name, control = raw.get("name"), raw.get("control_type")
    if not isinstance(name, str) or name not in schema:
        problems.append("name: a field of the customer schema is expected.")
    if control not in list(ControlType):
        problems.append(f"control_type: one of {', '.join(ControlType)} is expected.")
    label = text(raw, "label", problems, maximum=MAXIMUM_LABEL)
    if problems or not isinstance(name, str):
        raise RefusedStepError(problems)
    field_type, control_type = FieldType(schema[name]), ControlType(raw["control_type"])
    _refuse_mismatch(name, field_type, control_type, problems)
    options = _options(raw, control_type, field_type, problems)
    validation = _validation(raw.get("validation", {}), field_type, problems)
    asked = CaptureField(label, name, control_type, field_type, options=options, **validation)
    if problems:
        raise RefusedStepError(problems)
    return asked


def _refuse_mismatch(name: str, field_type: FieldType, control_type: ControlType, problems: list[str]) -> None:
    if field_type not in TYPES_OF.get(control_type, frozenset(FieldType)):
        problems.append(f"control_type: {control_type} can't give a {field_type.value}, which {name!r} is.")


def _validation(raw: object, field_type: FieldType, problems: list[str]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        problems.append("validation: an object is expected.")
        return {}
    bounds = SIZES if field_type in NUMBERS else LENGTHS if field_type is FieldType.STRING else ()
    known_members(raw, ("required", *bounds), problems)
    read: dict[str, Any] = {"required": boolean(raw, "required", problems, default=True)}
    for bound in bounds:
        value = raw.get(bound)
        if value is None:
            continue
        if not (_is_length(value) if bounds == LENGTHS else _is_number(value)):
            problems.append(f"validation: {bound} must be a number.")
        read[bound] = value
    return read


def _is_length(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAXIMUM_STRING


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _options(
    raw: dict[str, object], control_type: ControlType, field_type: FieldType, problems: list[str]
) -> tuple[Option, ...]:
    given = items(raw, "options", problems, maximum=MAXIMUM_OPTIONS)
    if bool(given) != (control_type in CHOICES):
        problems.append("options: a select or radio has some, nothing else has any.")
    options = []
    for index, each in enumerate(given):
        if not isinstance(each, dict) or each.keys() != {"label", "value"}:
            problems.append(f"options[{index}]: an object of label and value is expected.")
            continue
        label = text(each, "label", problems, maximum=MAXIMUM_LABEL)
        try:
            options.append(Option(label, normalize_input(field_type, each["value"])))
        except WrongTypeError as error:
            problems.append(f"options[{index}]: {error}")
    return tuple(options)
