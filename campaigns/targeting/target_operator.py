"""The operators of the targeting language."""

from enum import StrEnum


class TargetOperator(StrEnum):
    """How a target compares; both compilers say what each means."""

    IN = "in"
    NOT_IN = "not_in"
    GTE = "gte"
    LTE = "lte"
    BETWEEN = "between"
    CONTAINS = "contains"
    EXISTS = "exists"
    NOT_EXISTS = "not_exists"


OPERATORS = [each.value for each in TargetOperator]
