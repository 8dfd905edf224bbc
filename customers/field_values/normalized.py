"""One value of a customer's attribute: what each type accepts, and its normalized form, in which it is stored.

In JSON: strings, booleans and integers as themselves; a decimal as a string of plain digits (JSON's numbers are
floats elsewhere); a date as `2020-08-12`; an instant as `2020-08-12T17:45:48.000000Z`, always UTC with microseconds.
Dates and instants in these forms sort as strings in the order of time, which both targeting compilers build on.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from customers.field_values.field_type import FieldType

NormalizedValue = str | int | bool

MAXIMUM_STRING = 4096
MAXIMUM_INTEGER = 2**63 - 1
MAXIMUM_DIGITS = 30
INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
BOOLEANS = {"true": True, "false": False}
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class WrongTypeError(ValueError):
    """The value is not one of the field's type; its text is the sentence that says what is expected."""


def normalize(field_type: str, value: object) -> NormalizedValue:
    """The normalized form of a caller's value; WrongTypeError if it is not of `field_type`."""
    return NORMALIZERS[FieldType(field_type)](value)


def normalize_input(field_type: str, value: object) -> NormalizedValue:
    """The normalized form of what a client sends or a form holds; WrongTypeError if it is not of `field_type`.

    Numbers, booleans, dates and instants may come as text in their plain form, a date also as an instant of that day in
    UTC (EDN has no other), as contract 5, section A "typed fields as text" says.
    """
    kind = FieldType(field_type)
    if kind is FieldType.DATE and isinstance(value, datetime) and value.tzinfo is not None:
        return normalize(kind, value.astimezone(UTC).date())
    if not isinstance(value, str) or kind is FieldType.STRING:
        return normalize(kind, value)
    text = value.strip()
    if kind is FieldType.INTEGER and INTEGER.fullmatch(text):
        return normalize(kind, int(text))
    if kind is FieldType.BOOLEAN:
        return normalize(kind, BOOLEANS.get(text, text))
    return normalize(kind, text)


def to_text(value: NormalizedValue) -> str:
    """The text of a normalized value, as PostgreSQL's `->>` gives it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _string(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > MAXIMUM_STRING:
        raise WrongTypeError(f"A string of at most {MAXIMUM_STRING} characters is expected.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise WrongTypeError("A string of whole Unicode characters is expected.") from error
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -MAXIMUM_INTEGER - 1 <= value <= MAXIMUM_INTEGER:
        raise WrongTypeError("An integer of at most 64 bits is expected.")
    return value


def plain_digits(number: float | Decimal | str) -> str:
    """A number's digits, however it was written (`5e-05`, `1E+2`, `0.250`): no exponent, no zeros at the end.

    ValueError for what is no finite number of at most MAXIMUM_DIGITS digits before and after the point.
    """
    try:
        exact = number if isinstance(number, Decimal) else Decimal(str(number))
    except InvalidOperation as error:
        raise ValueError(number) from error
    too_long = len(exact.as_tuple().digits) > MAXIMUM_DIGITS
    if not exact.is_finite() or too_long or abs(exact.adjusted()) >= MAXIMUM_DIGITS:
        raise ValueError(number)
    plain = format(exact, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if exact == 0 else plain


def _decimal(value: object) -> str:
    sentence = f"A decimal of at most {MAXIMUM_DIGITS} digits is expected."
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise WrongTypeError(sentence)
    try:
        return plain_digits(value)
    except ValueError as error:
        raise WrongTypeError(sentence) from error


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongTypeError("true or false is expected.")
    return value


def _date(value: object) -> str:
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, str) and DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise WrongTypeError("A date such as 2020-08-12 is expected.") from error
    raise WrongTypeError("A date such as 2020-08-12 is expected.")


def _datetime(value: object) -> str:
    sentence = "A date and time with its offset, such as 2020-08-12T17:45:48Z, is expected."
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            raise WrongTypeError(sentence)
        return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    except (ValueError, OverflowError) as error:
        raise WrongTypeError(sentence) from error


NORMALIZERS: dict[FieldType, Callable[[object], NormalizedValue]] = {
    FieldType.STRING: _string,
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
}
