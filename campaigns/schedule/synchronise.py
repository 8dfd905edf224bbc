"""What a change of levels does to the deliveries of their creatives: made, moved, paused, resumed, given up."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.level import Level
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# The changes of a level that its deliveries follow; dates are looked at when a delivery is due.
PARENTS = {"campaign", "campaign_id", "line_item", "line_item_id", "creative_group", "creative_group_id"}
DECIDING = {"status", "delivery_method", "scheduled_delivery_date", "creative_type", *PARENTS}
ALIASES: dict[type[Level], str] = {
    AdCampaign: "campaign",
    AdLineItem: "line_item",
    AdGroup: "creative_group",
    AdUnit: "creative",
}
CREATIVES = SQL("creatives")
# Where a delivery that stood still goes on: before the next judgement of its lateness.
RESUMED = """CASE WHEN delivery.built_at IS NOT NULL THEN 'built' WHEN delivery.started_at IS NOT NULL THEN 'building'
    ELSE 'scheduled' END"""
# What stands at a time so that nothing else is done there: also what an operator cancelled, or what began to deliver.
IS_DONE_WITH = "({delivery}.state <> 'cancelled' OR {delivery}.is_held OR {delivery}.delivering_at IS NOT NULL)"
CHANGE = SQL(
    "change", creatives=CREATIVES, is_done_with_delivery_other=IS_DONE_WITH.format(delivery="other"), resumed=RESUMED
)
MAKE = SQL("make", creatives=CREATIVES, is_done_with_delivery_delivery=IS_DONE_WITH.format(delivery="delivery"))


def synchronise_deliveries(
    *, organization: Organization, level: Level, changes: Mapping[str, Any] | None = None
) -> None:
    """Bring the deliveries of the creatives at or below a level in line with it, in two statements.

    Call it in the transaction that changed the level (`changes` spares the statements where nothing of it matters),
    after `bump_version`: writers of one organization stand in a line there, so the last one sees what all have done.
    """
    if changes is not None and not DECIDING & changes.keys():
        return
    values = {"id": level.pk, "organization": organization.pk}
    with connection.cursor() as cursor:
        cursor.execute(CHANGE.format(level=ALIASES[type(level)]), values)
    make_deliveries(organization=organization, level=level)


def make_deliveries(*, organization: Organization, level: Level) -> None:
    """Make the deliveries that the live creatives at or below a level lack; enough where the level is new."""
    with connection.cursor() as cursor:
        values = {"id": level.pk, "organization": organization.pk}
        cursor.execute(MAKE.format(level=ALIASES[type(level)]), values)
