"""Ids as callers spell them."""

from uuid import UUID


def as_uuid(text: str) -> UUID | None:
    """The UUID that a text spells; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
