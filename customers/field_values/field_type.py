"""The types of customer attributes."""

from enum import StrEnum


class FieldType(StrEnum):
    """The types of customer attributes; `customers.field_values.normalized` says how each is written."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


FIELD_TYPES = [each.value for each in FieldType]
