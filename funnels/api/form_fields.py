"""A data capture step as a form, and a form as step-data."""

from collections.abc import Mapping, Sequence

from django.http import QueryDict

from customers.field_values.field_type import FieldType
from funnels.funnels.engine import CaptureField, ControlType, FieldAnswer

# A schema may have a field called "action": the prefix keeps the step's fields apart from the form's own.
PREFIX = "field."
AUTOCOMPLETE = {ControlType.EMAIL: "email", ControlType.TEL: "tel"}


def step_data_of(form: QueryDict) -> dict[str, object]:
    """The values of a form; of a checkbox and its hidden "false" the last one counts."""
    return {name.removeprefix(PREFIX): form[name] for name in form if name.startswith(PREFIX)}


def shown_fields(
    answered: Sequence[FieldAnswer],
    asked: Sequence[CaptureField],
    given: Mapping[str, object],
    errors: Mapping[str, str],
) -> list[dict[str, object]]:
    """What the template needs of each field, with what the customer has just typed and its errors."""
    bounds = {each.name: each for each in asked}
    return [_shown(field, bounds.get(field["name"]), given, errors) for field in answered]


def _shown(
    field: FieldAnswer, asked: CaptureField | None, given: Mapping[str, object], errors: Mapping[str, str]
) -> dict[str, object]:
    name, control = field["name"], ControlType(field["control-type"])
    value = _text(given.get(name, field["value"]))
    return {
        "id": f"field-{name}",
        "name": f"{PREFIX}{name}",
        "label": field["label"],
        "control": control.value,
        "value": value,
        "checked": value == "true",
        "error": errors.get(name, ""),
        "options": [
            {"label": option["label"], "value": _text(option["value"]), "chosen": _text(option["value"]) == value}
            for option in field.get("options", ())
        ],
        "autocomplete": AUTOCOMPLETE.get(control, ""),
        **_bounds(asked),
    }


def _bounds(asked: CaptureField | None) -> dict[str, object]:
    """The attributes by which a browser helps before the form is sent; the server has the last word."""
    if asked is None:
        return {"required": False}
    return {
        "required": asked.required,
        "minimum": asked.minimum,
        "maximum": asked.maximum,
        "minimum_length": asked.minimum_length,
        "maximum_length": asked.maximum_length,
        "step": "1" if asked.type is FieldType.INTEGER else "any",
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
