"""How SQL reads a customer's attribute: conditions compare these expressions, and indexes are made on the same."""

import re

from customers.models.customer_field import FieldType

# The form of a field's name, which the database holds too; SQL embeds names only after they passed it.
FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}", re.ASCII)
NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
ORDERED_TEXTS = frozenset({FieldType.DATE, FieldType.DATETIME})


def text_expression(name: str, alias: str) -> str:
    """The attribute as text: `->>` is NULL both for a missing member and for JSON's null.

    The name is a literal for the planner's sake; ValueError for what is no field's name.
    """
    if not FIELD_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no field's name.")
    return f"({alias}.attributes->>'{name}')"


def number_expression(name: str, alias: str) -> str:
    """The attribute as a number, NULL for what is none: a number is cast only after its text was seen to be one."""
    text = text_expression(name, alias)
    return f"""(CASE WHEN {text} COLLATE "C" ~ '^-?[0-9]+([.][0-9]+)?$' THEN {text}::numeric END)"""


def indexed_expression(name: str, field_type: str, alias: str) -> str:
    """What an index serves most conditions on: a number by size, a time by order, a text as it is."""
    if field_type in NUMBERS:
        return number_expression(name, alias)
    text = text_expression(name, alias)
    return f'({text} COLLATE "C")' if field_type in ORDERED_TEXTS else text
