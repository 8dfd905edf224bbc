"""How SQL reads a customer's attribute: conditions compare these expressions, and indexes are made on the same."""

import re

from customers.models.customer_field import FieldType

# The form of a field's name, which the database holds too; SQL embeds names only after they passed it.
FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}", re.ASCII)
# How many characters of a text are indexed: an entry of an index has 2 704 bytes at most, a text has up to 16 384.
PREFIX = 255
NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
ORDERED_TEXTS = frozenset({FieldType.DATE, FieldType.DATETIME})


def text_expression(name: str, alias: str) -> str:
    """The attribute as text: `->>` is NULL both for a missing member and for JSON's null.

    The name is a literal for the planner's sake; ValueError for what is no field's name.
    """
    if not FIELD_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no field's name.")
    return f"({alias}.attributes->>'{name}')"


def prefix_expression(name: str, alias: str) -> str:
    """The attribute's first PREFIX characters: compared with anything shorter, they are as good as all of it."""
    return f"left({text_expression(name, alias)}, {PREFIX})"


def digest_expression(text: str) -> str:
    r"""The SHA-256 of an SQL text: equal where the texts are, and 32 bytes whatever their length.

    Doubled backslashes make of its cast to bytea the text's own bytes: `convert_to` can't be indexed.
    """
    return rf"sha256(replace({text}, '\', '\\')::bytea)"


def number_expression(name: str, alias: str) -> str:
    """The attribute as a number, NULL for what is none: a number is cast only after its text was seen to be one."""
    text = text_expression(name, alias)
    return f"""(CASE WHEN {text} COLLATE "C" ~ '^-?[0-9]+([.][0-9]+)?$' THEN {text}::numeric END)"""


def indexed_expression(name: str, field_type: str, alias: str) -> str:
    """What an index serves most conditions on: a number by size, a time by order, a text by its beginning."""
    if field_type in NUMBERS:
        return number_expression(name, alias)
    text = prefix_expression(name, alias)
    return f'({text} COLLATE "C")' if field_type in ORDERED_TEXTS else text
