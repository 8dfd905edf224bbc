"""Ids as callers spell them."""

from uuid import UUID

# Of the largest id that a row can have.
MOST_DIGITS = 19


def as_uuid(text: str) -> UUID | None:
    """The UUID that a text spells; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def as_id(text: str) -> int | None:
    """The number that a text of digits spells, if a row could have it for its id."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
