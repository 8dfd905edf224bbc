"""SQL expressions of a customer's attribute, the same in conditions and in indexes."""

import re

from customers.field_values.field_type import FieldType

# The form of a field's name (a constraint of the database, too); names are embedded in SQL only after this check.
FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}", re.ASCII)
# How many characters of a text are indexed: an index entry has at most 2 704 bytes, a text up to 16 384.
PREFIX = 255
NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
ORDERED_TEXTS = frozenset({FieldType.DATE, FieldType.DATETIME})


def text_expression(name: str, alias: str) -> str:
    """The attribute as text: `->>` is NULL both for a missing member and for JSON's null.

    The name is a literal so that the planner can match an index; ValueError if it is no field's name.
    """
    if not FIELD_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no field's name.")
    return f"({alias}.attributes->>'{name}')"


def prefix_expression(name: str, alias: str) -> str:
    """The attribute's first PREFIX characters; compared with any shorter text they equal the whole attribute."""
    return f"left({text_expression(name, alias)}, {PREFIX})"


def digest_expression(text: str) -> str:
    r"""The SHA-256 of an SQL text.

    With doubled backslashes the cast to bytea gives the text's own bytes; `convert_to` is not immutable, so it can't be
    indexed.
    """
    return rf"sha256(replace({text}, '\', '\\')::bytea)"


def number_expression(name: str, alias: str) -> str:
    """The attribute as a number, NULL if it is none: only the text of a number is cast."""
    text = text_expression(name, alias)
    return f"""(CASE WHEN {text} COLLATE "C" ~ '^-?[0-9]+([.][0-9]+)?$' THEN {text}::numeric END)"""


def indexed_expression(name: str, field_type: str, alias: str) -> str:
    """What a targetable field's index is on: a number, a time in its order, or the prefix of a text."""
    if field_type in NUMBERS:
        return number_expression(name, alias)
    text = prefix_expression(name, alias)
    return f'({text} COLLATE "C")' if field_type in ORDERED_TEXTS else text
