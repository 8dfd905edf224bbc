"""The constraint that an IntegrityError is about."""

from django.db import IntegrityError


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint or unique index; empty if PostgreSQL reports none."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
