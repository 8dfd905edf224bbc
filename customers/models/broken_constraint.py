"""Which promise of the database a statement would have broken."""

from django.db import IntegrityError


def broken_constraint(error: IntegrityError) -> str:
    """The constraint's or unique index's name; empty where PostgreSQL names none."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
