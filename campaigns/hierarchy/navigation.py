"""A campaign's whole hierarchy in one statement: PostgreSQL builds the tree, whatever its size."""

from typing import Any

import orjson
from django.db import connection

from customers.errors import not_found
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

MOMENT = """to_char({table}.{column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def _dated(table: str) -> str:
    """The members that every level with dates shows."""
    starts_at, ends_at = (MOMENT.format(table=table, column=column) for column in ("starts_at", "ends_at"))
    return (
        f"'id', {table}.id, 'name', {table}.name, 'status', {table}.status, "
        f"'starts_at', {starts_at}, 'ends_at', {ends_at}"
    )


NAVIGATION = SQL(
    "navigation",
    dated_campaign=_dated("campaign"),
    dated_line_item=_dated("line_item"),
    dated_creative_group=_dated("creative_group"),
)


def get_navigation(*, organization: Organization, campaign_id: int) -> dict[str, Any]:
    """The tree `{id, name, status, starts_at, ends_at, line_items: [{…, groups: [{…, creatives: [{…}]}]}]}`.

    Newest first at every level, times as `2021-12-31T05:00:00Z`; DomainError `not_found` where there is no campaign.
    """
    with connection.cursor() as cursor:
        cursor.execute(NAVIGATION, [campaign_id, organization.pk])
        row = cursor.fetchone()
    if row is None:
        raise not_found("Campaign")
    tree: dict[str, Any] = orjson.loads(row[0])
    return tree
