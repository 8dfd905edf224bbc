"""Deliveries follow changes of their levels: they are made, moved, paused, resumed, cancelled."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.delivery import TERMINAL_STATES
from campaigns.models.level import Level
from campaigns.schedule.levels import LEVELS_ARE_LIVE, LEVELS_ARE_OVER
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# The changes of a level that its deliveries follow; dates are checked when a delivery is due.
PARENTS = {"campaign", "campaign_id", "line_item", "line_item_id", "creative_group", "creative_group_id"}
RELEVANT_CHANGES = {"status", "delivery_method", "scheduled_delivery_date", "creative_type", *PARENTS}
ALIASES: dict[type[Level], str] = {
    AdCampaign: "campaign",
    AdLineItem: "line_item",
    AdGroup: "creative_group",
    AdUnit: "creative",
}
CREATIVE_LEVELS = SQL("creative_levels", levels_are_live=LEVELS_ARE_LIVE, levels_are_over=LEVELS_ARE_OVER)
# The state in which a paused delivery goes on: before its lateness is checked next.
RESUMED_STATE = """CASE WHEN delivery.built_at IS NOT NULL THEN 'built'
    WHEN delivery.started_at IS NOT NULL THEN 'building' ELSE 'scheduled' END"""
# Whether no other delivery is made for a delivery's time: also if an operator cancelled it, or it began to deliver.
OCCUPIES_TIME = "({delivery}.state <> 'cancelled' OR {delivery}.is_held OR {delivery}.delivering_at IS NOT NULL)"
UPDATE_DELIVERIES = SQL(
    "update_deliveries",
    creative_levels=CREATIVE_LEVELS,
    other_occupies_time=OCCUPIES_TIME.format(delivery="other"),
    resumed_state=RESUMED_STATE,
    terminal_states=", ".join(f"'{state}'" for state in TERMINAL_STATES),
)
MAKE_DELIVERIES = SQL(
    "make_deliveries", creative_levels=CREATIVE_LEVELS, occupies_time=OCCUPIES_TIME.format(delivery="delivery")
)


def synchronise_deliveries(
    *, organization: Organization, level: Level, changes: Mapping[str, Any] | None = None
) -> None:
    """Bring the deliveries of the creatives at or below a level in line with it, in two statements.

    Call it in the transaction that changed the level (`changes` saves the statements if none of it matters),
    after `bump_version`, whose row lock serialises the writers of an organization: the last one sees all changes.
    """
    if changes is not None and not RELEVANT_CHANGES & changes.keys():
        return
    values = {"id": level.pk, "organization": organization.pk}
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_DELIVERIES.format(level=ALIASES[type(level)]), values)
    make_deliveries(organization=organization, level=level)


def make_deliveries(*, organization: Organization, level: Level) -> None:
    """Make missing deliveries of the live creatives at or below a level; sufficient for a new level."""
    with connection.cursor() as cursor:
        values = {"id": level.pk, "organization": organization.pk}
        cursor.execute(MAKE_DELIVERIES.format(level=ALIASES[type(level)]), values)
