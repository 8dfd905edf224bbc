"""Targets as callers write them, checked against the schema of the organization's customers."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from campaigns.targeting.condition import PRESENCE, Condition, Source, TargetedAttribute, comparable, find_attribute
from campaigns.targeting.target_operator import OPERATORS, TargetOperator
from customers.errors import DomainError, ErrorKind
from customers.field_values.field_type import FieldType
from customers.field_values.normalized import NormalizedValue, WrongTypeError, normalize

MAXIMUM_TARGETS = 100
MAXIMUM_VALUES = 1000
MEMBERS = ("attribute", "operator", "values")
RANGE_ENDS = 2
# How much of what a caller sent comes back in a sentence.
SHOWN_CHARACTERS = 63
SHOWN_ITEMS = 5
LONGEST_ATTRIBUTE = 255
# What the values of a target say about the event's attribute that they are compared with.
TYPES_OF_VALUES = {
    bool: FieldType.BOOLEAN,
    int: FieldType.DECIMAL,
    float: FieldType.DECIMAL,
    Decimal: FieldType.DECIMAL,
}
# Finds what a target's attribute and values mean; None for nothing.
Finder = Callable[[str, object], TargetedAttribute | None]


class RefusedTargetError(ValueError):
    """A target is invalid; a sentence for each of its problems."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def parse_targets(raw: object, schema: Mapping[str, str]) -> tuple[Condition, ...]:
    """Check a list of `{attribute, operator, values}`; `schema` gives each field's type by its name.

    DomainError (`validation`) names every offending target by its index in one go, under `targets`, a sentence for each
    problem. Nothing that JSON can say raises anything else.
    """
    return _parse(raw, lambda attribute, _values: find_attribute(attribute, schema))


def parse_event_targets(raw: object) -> tuple[Condition, ...]:
    """Check targets over an event's attributes, which have no schema: the values say of which type they are.

    Numbers are compared by size, all else as text (so are dates in their ISO forms).
    """
    return _parse(raw, _subject_of_event)


def _subject_of_event(attribute: str, values: object) -> TargetedAttribute | None:
    if not attribute or len(attribute) > LONGEST_ATTRIBUTE or "\x00" in attribute:
        return None
    first = values[0] if isinstance(values, list) and values else ""
    return TargetedAttribute(attribute, Source.FIELD, TYPES_OF_VALUES.get(type(first), FieldType.STRING))


def _parse(raw: object, find: Finder) -> tuple[Condition, ...]:
    if not isinstance(raw, list):
        raise _refusal(["targets must be a list."])
    if len(raw) > MAXIMUM_TARGETS:
        raise _refusal([f"at most {MAXIMUM_TARGETS} targets are allowed."])
    conditions: list[Condition] = []
    sentences: list[str] = []
    for index, target in enumerate(raw):
        try:
            conditions.append(_parse_target(target, find))
        except RefusedTargetError as refused:
            sentences += [f"targets[{index}]: {sentence}" for sentence in refused.sentences]
    if sentences:
        raise _refusal(sentences)
    return tuple(conditions)


def _refusal(sentences: Sequence[str]) -> DomainError:
    return DomainError(ErrorKind.INVALID, "validation", "Validation error.", fields={"targets": sentences})


def _parse_target(target: object, find: Finder) -> Condition:
    if not isinstance(target, dict):
        raise RefusedTargetError(["an object of attribute, operator and values is expected."])
    problems: list[str] = []
    strangers = [member for member in target if member not in MEMBERS]
    if strangers:
        problems.append(f"unknown members: {_listed([_quoted(member) for member in strangers])}.")
    subject = _read_subject(target.get("attribute"), target.get("values"), find, problems)
    operator = _read_operator(target.get("operator"), problems)
    if subject is None or operator is None:
        raise RefusedTargetError(problems)
    values = _read_values(subject, operator, target.get("values"), problems)
    if problems:
        raise RefusedTargetError(problems)
    return Condition(subject.attribute, subject.source, subject.type, operator, values)


def _read_subject(attribute: object, values: object, find: Finder, problems: list[str]) -> TargetedAttribute | None:
    if not isinstance(attribute, str):
        problems.append("attribute must be a string.")
        return None
    subject = find(attribute, values)
    if subject is None:
        problems.append(f"attribute {_quoted(attribute)} is unknown.")
    return subject


def _read_operator(operator: object, problems: list[str]) -> TargetOperator | None:
    if not isinstance(operator, str):
        problems.append("operator must be a string.")
        return None
    if operator not in OPERATORS:
        problems.append(f"operator {_quoted(operator)} is unknown.")
        return None
    return TargetOperator(operator)


def _read_values(
    subject: TargetedAttribute, operator: TargetOperator, values: object, problems: list[str]
) -> tuple[NormalizedValue, ...]:
    if operator not in subject.operators:
        kind = "a set of strings" if subject.attribute == "tag" else subject.type.value
        problems.append(f"operator '{operator.value}' has no meaning for attribute '{subject.attribute}' ({kind}).")
        return ()
    given = [] if values is None else values
    if not isinstance(given, list):
        problems.append("values must be a list.")
        return ()
    problem = _count_problem(operator, len(given))
    if problem:
        problems.append(problem)
        return ()
    normalized = _normalize_values(subject, given, problems)
    if operator is not TargetOperator.BETWEEN:
        return tuple(dict.fromkeys(normalized))
    if len(normalized) == RANGE_ENDS and _is_backwards(subject, normalized):
        problems.append("the first value of 'between' is above the second.")
    return tuple(normalized)


def _count_problem(operator: TargetOperator, count: int) -> str:
    """Say what is wrong with this many values for the operator, or nothing."""
    if operator in PRESENCE:
        return f"operator '{operator.value}' takes no values." if count else ""
    if operator is TargetOperator.BETWEEN:
        return "" if count == RANGE_ENDS else "operator 'between' takes exactly two values."
    if count > MAXIMUM_VALUES:
        return f"at most {MAXIMUM_VALUES} values are allowed."
    return "" if count else f"operator '{operator.value}' takes at least one value."


def _normalize_values(subject: TargetedAttribute, values: list[object], problems: list[str]) -> list[NormalizedValue]:
    """Normalize the values; they share one type, so one sentence serves for all that are not of it."""
    normalized: list[NormalizedValue] = []
    wrong: list[str] = []
    expected = ""
    for index, value in enumerate(values):
        try:
            normalized.append(normalize(subject.type, value))
        except WrongTypeError as error:
            wrong.append(f"values[{index}]")
            expected = str(error)
    if wrong:
        problems.append(f"{_listed(wrong)}: {expected[:1].lower()}{expected[1:]}")
    return normalized


def _is_backwards(subject: TargetedAttribute, ends: list[NormalizedValue]) -> bool:
    low, high = (comparable(subject.type, end) for end in ends)
    if isinstance(low, str) or isinstance(high, str):
        return str(low) > str(high)
    return low > high


def _quoted(name: object) -> str:
    """Show a caller's word in a sentence: short, and ASCII whatever it was, so that any dialect can send it back."""
    return ascii(name[:SHOWN_CHARACTERS]) if isinstance(name, str) else "one whose name is no string"


def _listed(words: Sequence[str]) -> str:
    rest = len(words) - SHOWN_ITEMS
    return ", ".join(words[:SHOWN_ITEMS]) + (f" and {rest} more" if rest > 0 else "")
