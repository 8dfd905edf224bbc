"""The rules of all levels of the hierarchy: dates in order, statuses, soft delete, unique names."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models

from campaigns.hierarchy.targets import read_targets
from campaigns.models.level import DatedLevel, Level, Status
from campaigns.targeting import Condition
from customers.errors import ErrorCollector

NOON = 12
# A rule about several attributes of a level, checked when the changes are applied.
Rule = Callable[[Any, Mapping[str, object], ErrorCollector], None]


def change_level(
    level: Level, changes: Mapping[str, object], *rules: Rule, targets: object = None
) -> Sequence[Condition]:
    """Apply changes, check the level's own rules and parse targets; DomainError has all errors."""
    errors = ErrorCollector()
    apply_changes(level, changes, errors)
    for rule in rules:
        rule(level, changes, errors)
    conditions = read_targets(organization=level.organization, targets=targets, errors=errors)
    errors.raise_if_any()
    return conditions


def apply_changes(level: Level, changes: Mapping[str, object], errors: ErrorCollector) -> None:
    """Set attributes of a level without saving it; errors are collected."""
    if level.status == Status.COMPLETED and changes.get("status", level.status) != level.status:
        errors.add("status", "What is completed stays completed.")
    for name, value in changes.items():
        setattr(level, name, value)
    if isinstance(level, DatedLevel) and level.ends_at <= level.starts_at:
        errors.add("ends_at", "ends_at must be after starts_at.")


def mark_deleted(level: Level, *, now: datetime) -> None:
    """Soft-delete one level; its name says when, as in contract 1's samples."""
    level.deleted_at = now
    level.name = deleted_name(level.name, now)
    level.save(update_fields=["deleted_at", "name", "updated_at"])


def mark_children_deleted(children: "models.QuerySet[Any]", *, now: datetime) -> None:
    """Soft-delete the levels below in one statement."""
    children.filter(deleted_at__isnull=True).update(deleted_at=now, updated_at=now)


def deleted_name(name: str, now: datetime) -> str:
    """`Line Item Example[DELETED AT Oct 25, 2017 03:50 pm]`, in UTC (contract 1, Delete a Container)."""
    moment = now.astimezone(UTC)
    half = "am" if moment.hour < NOON else "pm"
    return f"{name}[DELETED AT {moment:%b} {moment.day}, {moment:%Y %I:%M} {half}]"
