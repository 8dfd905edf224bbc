"""A campaign's whole hierarchy in one statement: PostgreSQL builds the tree, whatever its size."""

from typing import Any

import orjson
from django.db import connection

from customers.errors import not_found
from customers.models import Organization

MOMENT = """to_char({table}.{column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def _dated(table: str) -> str:
    """The members that every level with dates shows."""
    starts_at, ends_at = (MOMENT.format(table=table, column=column) for column in ("starts_at", "ends_at"))
    return (
        f"'id', {table}.id, 'name', {table}.name, 'status', {table}.status, "
        f"'starts_at', {starts_at}, 'ends_at', {ends_at}"
    )


# Only names of tables and columns are put together here; values are parameters.
NAVIGATION = f"""
SELECT json_build_object({_dated("campaign")}, 'line_items', COALESCE((
    SELECT json_agg(json_build_object({_dated("line_item")}, 'groups', COALESCE((
        SELECT json_agg(json_build_object({_dated("creative_group")}, 'units', COALESCE((
            SELECT json_agg(json_build_object('id', unit.id, 'name', unit.name, 'status', unit.status)
                            ORDER BY unit.id DESC)
            FROM campaigns_adunit unit
            WHERE unit.group_id = creative_group.id AND unit.deleted_at IS NULL
        ), '[]'::json)) ORDER BY creative_group.id DESC)
        FROM campaigns_adgroup creative_group
        WHERE creative_group.line_item_id = line_item.id AND creative_group.deleted_at IS NULL
    ), '[]'::json)) ORDER BY line_item.id DESC)
    FROM campaigns_adlineitem line_item
    WHERE line_item.campaign_id = campaign.id AND line_item.deleted_at IS NULL
), '[]'::json))::text
FROM campaigns_adcampaign campaign
WHERE campaign.id = %s::bigint AND campaign.organization_id = %s::bigint AND campaign.deleted_at IS NULL
"""  # noqa: S608


def get_navigation(*, organization: Organization, campaign_id: int) -> dict[str, Any]:
    """The tree `{id, name, status, starts_at, ends_at, line_items: [{…, groups: [{…, units: [{id, name, status}]}]}]}`.

    Newest first at every level, times as `2021-12-31T05:00:00Z`; DomainError `not_found` where there is no campaign.
    """
    with connection.cursor() as cursor:
        cursor.execute(NAVIGATION, [campaign_id, organization.pk])
        row = cursor.fetchone()
    if row is None:
        raise not_found("Campaign")
    tree: dict[str, Any] = orjson.loads(row[0])
    return tree
