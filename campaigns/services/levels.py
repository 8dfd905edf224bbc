"""The rules that every level of the hierarchy keeps: dates in order, statuses, soft delete, unique names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, models

from campaigns.models.level import DatedLevel, Level, Status
from campaigns.services.targets import read_targets
from campaigns.targeting import Condition
from customers.errors import Refusals, invalid
from customers.models.broken_constraint import broken_constraint

NOON = 12
# A rule that joins several attributes of a level; it is asked when the changes are made.
Rule = Callable[[Any, Mapping[str, Any], Refusals], None]
# What a broken constraint means to a caller: the attribute, and a sentence.
CONSTRAINTS = {
    "campaign_name_unique_among_living": ("name", "Another campaign has this name."),
    "campaign_permalink_unique_among_living": ("permalink", "Another campaign has this permalink."),
    "destination_name_unique": ("name", "Another destination has this name."),
    "destination_one_default_a_kind": ("is_default", "The organization has another default of this kind."),
    "line_item_one_living_per_campaign": ("campaign_id", "The campaign already has a line item."),
    "message_template_key_unique": ("key", "Another template has this key."),
    "offer_guid_unique": ("guid", "Another offer has this guid."),
    "unit_one_living_per_group": ("creative_group_id", "The creative group already has a creative."),
}


def change_level(level: Level, changes: Mapping[str, Any], *rules: Rule, targets: object = None) -> Sequence[Condition]:
    """Apply changes, ask the level's own rules and read targets; DomainError names everything that breaks one."""
    refusals = Refusals()
    apply_changes(level, changes, refusals)
    for rule in rules:
        rule(level, changes, refusals)
    conditions = read_targets(organization=level.organization, targets=targets, refusals=refusals)
    refusals.raise_any()
    return conditions


def apply_changes(level: Level, changes: Mapping[str, Any], refusals: Refusals) -> None:
    """Set attributes on a level that is not yet saved; what breaks a rule is gathered."""
    if level.status == Status.COMPLETED and changes.get("status", level.status) != level.status:
        refusals.refuse("status", "What is completed stays completed.")
    for name, value in changes.items():
        setattr(level, name, value)
    if isinstance(level, DatedLevel) and level.ends_at <= level.starts_at:
        refusals.refuse("ends_at", "ends_at must be after starts_at.")


@contextmanager
def constraints_as_errors() -> Iterator[None]:
    """Turn a broken constraint into the DomainError that a check beforehand would have raised."""
    try:
        yield
    except IntegrityError as error:
        name = broken_constraint(error)
        if name not in CONSTRAINTS:
            raise
        attribute, sentence = CONSTRAINTS[name]
        raise invalid(**{attribute: sentence}) from error


def mark_deleted(level: Level, *, now: datetime) -> None:
    """Take one level out of every read; its name says when, as contract 1's samples do."""
    level.deleted_at = now
    level.name = deleted_name(level.name, now)
    level.save(update_fields=["deleted_at", "name", "updated_at"])


def mark_children_deleted(children: "models.QuerySet[Any]", *, now: datetime) -> None:
    """Take the levels below out of every read, whatever their number, in one statement."""
    children.filter(deleted_at__isnull=True).update(deleted_at=now, updated_at=now)


def deleted_name(name: str, now: datetime) -> str:
    """`Line Item Example[DELETED AT Oct 25, 2017 03:50 pm]`, in UTC (contract 1, Delete a Container)."""
    moment = now.astimezone(UTC)
    half = "am" if moment.hour < NOON else "pm"
    return f"{name}[DELETED AT {moment:%b} {moment.day}, {moment:%Y %I:%M} {half}]"
